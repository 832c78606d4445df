//! `cargo xtask lint`: what can be said about the code without running it.

use std::{fs, process::Command};

use crate::{
    process::{self, Failure, Result},
    steps::{self, Outcome, Step},
    workspace,
};

/// All but the fuzz targets' own, which takes a C++ compiler.
const FEATURES: &str = "sync-runtime/redis,sync-runtime/testing,sync-runtime/_fuzzing";

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "rustfmt, the handler files included",
        needs: &[],
        run: fmt,
    },
    // Before clippy, whose build scripts write the file as well.
    Step {
        name: "generated",
        about: "the generated TypeScript is that of the handlers",
        needs: &[],
        run: generated,
    },
    Step {
        name: "clippy",
        about: "clippy on all targets, sync-runtime without features too, no warning left",
        needs: &[],
        run: || {
            clippy(&["--workspace", "--features", FEATURES])?;
            // What holds where there is no Redis, such as code that is used nowhere then.
            clippy(&["--package", "sync-runtime"])
        },
    },
    Step {
        name: "doc",
        about: "rustdoc, no warning left",
        needs: &[],
        run: || {
            let mut doc = workspace::cargo();
            doc.args(["doc", "--workspace", "--no-deps", "--features", FEATURES])
                .env("RUSTDOCFLAGS", "-D warnings");
            process::run(&mut doc).map(Outcome::from)
        },
    },
    Step {
        name: "deny",
        about: "licences and sources of the dependencies (cargo-deny)",
        needs: &[],
        run: deny,
    },
];

pub(crate) fn run(words: &[String]) -> Result {
    steps::run(STEPS, words)
}

fn cargo(words: &[&str]) -> Result<Outcome> {
    process::run(workspace::cargo().args(words)).map(Outcome::from)
}

fn clippy(what: &[&str]) -> Result<Outcome> {
    let flags = ["--all-targets", "--keep-going", "--", "-D", "warnings"];
    cargo(&[&["clippy"], what, &flags].concat())
}

fn fmt() -> Result<Outcome> {
    process::run(workspace::cargo().args(["fmt", "--all", "--check"]))?;
    // cargo fmt does not follow modules that a build script links.
    cargo(&[
        "run",
        "--quiet",
        "--package",
        "sync-build",
        "--bin",
        "cargo-sync",
        "--",
        "sync",
        "fmt",
        "--check",
    ])
}

/// Compares the file with what a build makes of it, not with what is committed: a change that is
/// still being worked on is no mistake.
fn generated() -> Result<Outcome> {
    const FILE: &str = "example-app/web/src/sync.gen.ts";
    let read = || fs::read(workspace::root().join(FILE)).unwrap_or_default();
    let before = read();
    process::run(workspace::cargo().args(workspace::BUILD))?;
    if before != read() {
        return Err(Failure::said(format!(
            "{FILE} was not what the handlers say; it is now: commit it"
        )));
    }
    let tracked = process::output(
        Command::new("git")
            .current_dir(workspace::root())
            .args(["ls-files", "--", FILE]),
    );
    if tracked.is_some_and(|listed| listed.is_empty()) {
        return Err(Failure::said(format!("{FILE} is not committed")));
    }
    Ok(Outcome::Done)
}

fn deny() -> Result<Outcome> {
    if process::output(workspace::cargo().args(["deny", "--version"])).is_none() {
        return Ok(Outcome::Skipped(
            "no cargo-deny (`cargo install --locked cargo-deny`)".to_owned(),
        ));
    }
    // Not the advisories: their list is fetched, and a build that was good yesterday would fail.
    cargo(&["deny", "check", "bans", "licenses", "sources"])
}

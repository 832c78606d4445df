//! `cargo xtask fuzz`: libFuzzer sends the parsers what no peer would.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    args::FuzzArgs,
    process::{self, Failure, Result},
    steps::Outcome,
    system, workspace,
};

/// The programs in `sync-runtime/fuzz/targets`.
const TARGETS: [&str; 3] = ["frames", "events", "headers"];

const FOLDER: &str = "sync-runtime/fuzz";

/// The largest input, in bytes: beyond any limit of names and rooms.
const MAX_INPUT: &str = "-max_len=4096";

/// How long one input may take, in seconds, and how much memory, in megabytes, before it is a finding.
const BOUNDS: [&str; 2] = ["-timeout=5", "-rss_limit_mb=1024"];

pub(crate) fn run(words: &[String]) -> Result {
    match fuzz(FuzzArgs::parse(words)?.seconds)? {
        Outcome::Done => Ok(()),
        Outcome::Skipped(why) => Err(Failure::Said(why)),
    }
}

/// As a step of `cargo xtask test`.
pub(crate) fn step() -> Result<Outcome> {
    fuzz(FuzzArgs::DEFAULT_SECONDS)
}

/// Runs each target for its part of the time, from its seeds and what earlier runs found new.
fn fuzz(seconds: u32) -> Result<Outcome> {
    if system::on_path("c++").is_none() {
        let what = "no C++ compiler for libFuzzer (Debian, Ubuntu: `sudo apt-get install g++`)";
        return Ok(Outcome::Skipped(what.to_owned()));
    }
    let Some(tool) = cargo_fuzz()? else {
        let what = "no cargo-fuzz (`cargo install --locked cargo-fuzz`)";
        return Ok(Outcome::Skipped(what.to_owned()));
    };
    let built = workspace::target()?.join("fuzz");
    let root = workspace::root();
    // The versions that the workspace is tested with; cargo takes out what is not used here.
    copy(
        &root.join("Cargo.lock"),
        &root.join(FOLDER).join("Cargo.lock"),
    )?;
    let time = format!("-max_total_time={}", (seconds / count()).max(1));
    for target in TARGETS {
        let found = built.join("corpus").join(target);
        fs::create_dir_all(&found).map_err(|error| said(&found, &error))?;
        let mut fuzz = workspace::with_clean_environment(Command::new(&tool));
        fuzz.args(["fuzz", "run", "--fuzz-dir", FOLDER])
            // What only a sanitizer finds takes unsafe code, and a nightly compiler to look for.
            .args(["--sanitizer", "none", "--target-dir"])
            .arg(&built)
            .arg(target)
            .arg(found)
            .arg(root.join(FOLDER).join("seeds").join(target))
            .args([
                "--",
                &time,
                MAX_INPUT,
                "-print_final_stats=1",
                "-verbosity=0",
            ])
            .args(BOUNDS);
        process::run(&mut fuzz)?;
    }
    Ok(Outcome::Done)
}

fn copy(from: &Path, to: &Path) -> Result {
    fs::copy(from, to)
        .map(drop)
        .map_err(|error| said(to, &error))
}

fn said(path: &Path, error: &io::Error) -> Failure {
    Failure::said(format!("{}: {error}", path.display()))
}

fn count() -> u32 {
    u32::try_from(TARGETS.len()).unwrap_or(u32::MAX)
}

/// Finds cargo-fuzz, or installs it for this target directory alone; `None` when it cannot be had.
fn cargo_fuzz() -> Result<Option<PathBuf>> {
    if let Some(installed) = system::on_path("cargo-fuzz") {
        return Ok(Some(installed));
    }
    let tools = workspace::target()?.join("tools");
    let own = tools.join("bin").join("cargo-fuzz");
    if !own.is_file() {
        let mut install = workspace::cargo();
        install
            .args(["install", "--locked", "--debug", "cargo-fuzz", "--root"])
            .arg(&tools);
        match process::run(&mut install) {
            Ok(()) => {}
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(Failure::Said(_)) => return Ok(None),
        }
    }
    Ok(Some(own))
}

//! `cargo xtask bench`: what sync costs, measured with a release build.

mod build;

use std::process::Command;

use crate::{
    node,
    process::{self, Failure, Result},
    system, workspace,
};

pub(crate) fn run(words: &[String]) -> Result {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.split_first() {
        Some((&"--serve", options)) => program(&[&["serve"], options].concat()),
        Some((&"tokens", _)) => program(&words),
        Some((&"build", options)) => build::run(options),
        Some((word, _)) if !word.starts_with("--") => Err(Failure::said(format!(
            "bench takes options, `build`, `tokens` or `--serve --port N`, not `{word}` (`cargo xtask help`)"
        ))),
        _ if words.contains(&"--full") => full(&words),
        _ => measure(&words),
    }
}

/// All of it. What is wrong in one part does not keep the others from being measured.
fn full(options: &[&str]) -> Result {
    let parts = [
        measure(options),
        program(&["tokens"]),
        build::run(&[]),
        node::build_client(),
        process::run(&mut node::npm(&[
            "run",
            "bench:editor",
            "--workspace",
            node::CLIENT,
        ]))
        .or_else(|failure| match failure {
            // It fails by numbers, which is not what fails a benchmark.
            Failure::Said(what) => {
                println!("{what}");
                Ok(())
            }
            Failure::Interrupted => Err(failure),
        }),
    ];
    parts.into_iter().collect()
}

/// Measures sync and what it is compared with, some of which runs on Node.
fn measure(options: &[&str]) -> Result {
    node::install()?;
    if ["--nodes", "--full"]
        .iter()
        .any(|option| options.contains(option))
    {
        system::redis()?;
    }
    let out = workspace::target()?.join("bench").join("last.json");
    let out = out.to_string_lossy();
    program(&[&["measure", "--out", &*out], options].concat())
}

fn program(words: &[&str]) -> Result {
    process::run(workspace::cargo().args(["build", "--release", "-p", "sync-bench"]))?;
    let program = workspace::release_binary("sync-bench")?;
    process::run(Command::new(program).args(words))
}

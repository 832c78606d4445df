//! `cargo xtask bench`: what sync costs, measured with a release build.

use std::process::Command;

use crate::{
    process::{self, Failure, Result},
    workspace,
};

pub(crate) fn run(words: &[String]) -> Result {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let words = match words.split_first() {
        Some((&"--serve", options)) => [&["serve"], options].concat(),
        Some((&"tokens", _)) => words,
        _ => {
            return Err(Failure::said(
                "bench takes `tokens`, or `--serve --port N` (`cargo xtask help`)",
            ));
        }
    };
    process::run(workspace::cargo().args(["build", "--release", "-p", "sync-bench"]))?;
    let program = workspace::release_binary("sync-bench")?;
    process::run(Command::new(program).args(words))
}

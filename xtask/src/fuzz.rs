//! `cargo xtask fuzz`: libFuzzer sends the parsers what no peer would.

use std::{env, fs, io, path::Path, process::Command};

use crate::{
    args::FuzzArgs,
    instrument,
    process::{self, Failure, Result},
    steps::Outcome,
    system, workspace,
};

/// The programs in `sync-runtime/fuzz/targets`.
const TARGETS: [&str; 4] = ["frames", "events", "headers", "inputs"];

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
    build()?;
    let found_by_now = workspace::target()?.join("fuzz");
    let folder = workspace::root().join(FOLDER);
    let artifacts = folder.join("artifacts");
    fs::create_dir_all(&artifacts).map_err(|error| said(&artifacts, &error))?;
    let time = format!("-max_total_time={}", (seconds / count()).max(1));
    for target in TARGETS {
        let found = found_by_now.join("corpus").join(target);
        fs::create_dir_all(&found).map_err(|error| said(&found, &error))?;
        let mut fuzz = Command::new(workspace::fuzz_target(&program(target))?);
        fuzz.arg(found)
            .arg(folder.join("seeds").join(target))
            .arg(format!(
                "-artifact_prefix={}/{target}-",
                artifacts.display()
            ))
            .args([&time, MAX_INPUT, "-print_final_stats=1", "-verbosity=0"])
            .args(BOUNDS);
        process::run(&mut fuzz)?;
    }
    Ok(Outcome::Done)
}

/// Of what the workspace is built of, but for sync-runtime and the targets themselves.
fn build() -> Result {
    let this = env::current_exe()
        .map_err(|error| Failure::said(format!("cannot tell where xtask is: {error}")))?;
    let mut build = workspace::cargo();
    build
        .args(workspace::BUILD)
        .args(["--features", "sync-fuzz/libfuzzer"])
        .env("RUSTC_WORKSPACE_WRAPPER", this)
        .env(instrument::VARIABLE, "1");
    for target in TARGETS {
        build.args(["--bin", &program(target)]);
    }
    process::run(&mut build)
}

fn program(target: &str) -> String {
    format!("fuzz-{target}")
}

fn said(path: &Path, error: &io::Error) -> Failure {
    Failure::said(format!("{}: {error}", path.display()))
}

fn count() -> u32 {
    u32::try_from(TARGETS.len()).unwrap_or(u32::MAX)
}

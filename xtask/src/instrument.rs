//! The compiler with coverage for libFuzzer: cargo runs this program in its place, as
//! `RUSTC_WORKSPACE_WRAPPER`, for the packages of the workspace and no others.

use std::{
    env,
    ffi::OsString,
    process::{Command, ExitCode},
};

/// Set where this program is to be the compiler.
pub(crate) const VARIABLE: &str = "XTASK_INSTRUMENTS";

/// What libFuzzer looks at. The rest, macros and what they are built of among it, stays as it is.
const CRATES: [&str; 4] = ["sync_runtime", "fuzz_frames", "fuzz_events", "fuzz_headers"];

/// As cargo-fuzz has them, with some optimisation: inputs go through fast.
const FLAGS: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Copt-level=1",
    "-Ccodegen-units=16",
];

pub(crate) fn is_wanted() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Runs the compiler that the first argument names.
pub(crate) fn compile(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(compiler) = arguments.next() else {
        return ExitCode::FAILURE;
    };
    let arguments: Vec<_> = arguments.collect();
    let name = arguments
        .iter()
        .position(|argument| argument == "--crate-name")
        .and_then(|at| arguments.get(at + 1));
    let is_looked_at = name.is_some_and(|name| CRATES.iter().any(|looked_at| name == looked_at));
    let mut compile = Command::new(compiler);
    compile.args(arguments);
    if is_looked_at {
        compile.args(FLAGS);
    }
    match compile.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: the compiler does not run: {error}");
            ExitCode::FAILURE
        }
    }
}

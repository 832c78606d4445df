//! The project's own commands, run as `cargo xtask <command>`.
#![allow(
    clippy::print_stdout,
    reason = "a command line tool talks to its terminal"
)]

mod args;
mod bench;
mod demo;
mod fuzz;
mod instrument;
mod lint;
mod node;
mod process;
mod proxy;
mod redis;
mod steps;
mod system;
mod test;
mod workspace;

use std::process::ExitCode;

use crate::process::Failure;

const USAGE: &str = "\
The project's own commands.

  cargo xtask demo [--port N] [--data DIR] [--nodes N]
      Builds the example board with its front end and serves it on 127.0.0.1.
      Prints `ready http://127.0.0.1:N` on stdout when it serves; everything else is on stderr.
      Ctrl-C or SIGTERM stops it.
        --port N     port to listen on; 0 takes a free one (default: 3000)
        --data DIR   where the board is kept (default: demo/ in cargo's target directory)
        --nodes N    how many processes serve it, joined by a Redis of their own (default: 1)

  cargo xtask test [--list] [FILTER...]
      Runs every test of the project, or the steps whose name contains one of the filters.
        --list       names the steps and runs nothing

  cargo xtask fuzz [--seconds N]
      Sends the parsers of what peers say whatever libFuzzer comes up with; a part of `test`.
        --seconds N  for how long, all targets together (default: 60)

  cargo xtask lint [--list] [FILTER...]
      Formatting, clippy, documentation, generated files, licences.

  cargo xtask bench [--quick | --nodes | --scaling | --full] [OPTION...]
      Measures fan-out against socketioxide by itself, Node's Socket.IO and bare frames: some five
      minutes. Fails when sync loses something or brings it out of order, never because of a number.
      The table is on stdout; target/bench/last.json has every run.
        --nodes          one node, and two that a Redis joins
        --scaling        what should not change: more members, rooms, routes, and one who reads nothing
        --full           all of it at all loads, streams, builds and editors: an hour and more
        --quick          a few seconds, to see that it runs
        --servers A,..   of echo, filter, logged (sync), the same with -2 (two nodes), bare, bare-loop (socketioxide), node, node-loop, floor
        --members N,..   how many are in the room
        --in-flight N,.. so many requests on their way at any time
        --rate N         so many requests a second, answered or not
        --alone          each member in a room of its own: what a request costs
        --rooms N        so many rooms of 20 members, one after another
        --idle-rooms N   rooms in which nothing happens
        --routes N       so many routes, one after another
        --stalled N      members that read nothing
        --payload BYTES  64 without it
        --rounds N       how often each server has its turn (default: 3)
        --seconds N      for how long each time (default: 2)
        --out FILE       where the JSON goes

  cargo xtask bench tokens [--members N] [--rounds N]
      Measures streams: 1,000 tokens of a language model to a room, one by one and throttled.

  cargo xtask bench build [--routes N] [--rounds N] [--no-sizes]
      Measures `cargo build` after edits in an app of 200 routes against the same code as functions, the
      size of what is generated for 50 to 500 routes, and `tsc` on 500. target/bench/build.json has all.

  cargo xtask bench --serve --port N
      Serves the benchmarks' routes alone, in a release build, for another program to put load on.
      Prints `ready http://127.0.0.1:N pid=...`. The sessions bench-0 to bench-9999 are there: their
      names are their tokens, as `auth.token` in the handshake. Routes: bench/echo v1, bench/filter v1
      (with a _client file), bench/logged v1 (with history) and bench/tokens v1.

What is missing and can be had is installed on the way: npm packages by `npm ci`; Chromium and the
Redis server, which tests drive, by apt when run as root on a Debian-like system.
";

fn main() -> ExitCode {
    if instrument::is_wanted() {
        return instrument::compile(std::env::args_os().skip(1));
    }
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    if rest
        .iter()
        .any(|argument| argument == "--help" || argument == "-h")
    {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let done = process::hear_signals().and_then(|()| match command.as_deref() {
        Some("demo") => demo::run(&rest),
        Some("test") => test::run(&rest),
        Some("fuzz") => fuzz::run(&rest),
        Some("lint") => lint::run(&rest),
        Some("bench") => bench::run(&rest),
        Some("help" | "--help" | "-h") | None => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(Failure::said(format!(
            "no command `{other}`; there are demo, test, fuzz, lint and bench (`cargo xtask help`)"
        ))),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Interrupted) => {
            eprintln!("xtask: interrupted");
            ExitCode::from(130)
        }
        Err(Failure::Said(what)) => {
            eprintln!("xtask: {what}");
            ExitCode::FAILURE
        }
    }
}

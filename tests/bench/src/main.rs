//! What sync costs. `cargo xtask bench` builds and runs it.
#![allow(
    clippy::print_stdout,
    reason = "a command line tool talks to its terminal"
)]

mod load;
mod many;
mod measure;
mod rivals;
mod serve;
mod sessions;
mod tokens;
mod usage;

use std::{error::Error, process::ExitCode, time::SystemTime};

use serde::{Deserialize, Serialize};
use sync_runtime::{App, SessionUser};
use tokio::runtime::{Builder, Runtime};

use crate::{rivals::Way, serve::How};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

sync_runtime::include_routes!(crate::AppState);

/// The server has no state of its own.
#[derive(Debug, Clone)]
pub struct AppState;

/// One of the users `bench-0`, `bench-1`, ...
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Also the token of the user's session.
    pub id: String,
}

impl App for AppState {
    type User = User;
}

impl SessionUser for User {
    fn user_id(&self) -> &str {
        &self.id
    }
}

/// Microseconds since 1970: the server and the load run on one machine and so have one clock.
pub fn now_micros() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX))
}

const USAGE: &str = "\
usage: sync-bench serve [--port N] [--routes N] [--redis URL]
       sync-bench bare [--port N] [--loop]
       sync-bench floor [--port N]
       sync-bench tokens [--members N] [--rounds N]";

/// What goes wrong ends it.
type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sync-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Outcome {
    let usage = || format!("{USAGE}\n{}", measure::USAGE);
    let (command, options) = words.split_first().ok_or_else(usage)?;
    match command.as_str() {
        "serve" => {
            let how = How {
                port: number(options, "--port", 0)?,
                routes: number(options, "--routes", 0)?,
                redis: text(options, "--redis"),
            };
            server()?.block_on(serve::run(how))
        }
        "bare" => {
            let loops = options.iter().any(|word| word == "--loop");
            let way = if loops { Way::Loop } else { Way::Emit };
            server()?.block_on(rivals::bare(number(options, "--port", 0)?, way))
        }
        "floor" => rivals::floor(number(options, "--port", 0)?),
        "measure" => measure::measure(options),
        "tokens" => {
            let members = number(options, "--members", 500)?;
            let rounds = number(options, "--rounds", 3)?;
            // One thread is enough, and leaves the other core to the server.
            let load = Builder::new_current_thread().enable_all().build()?;
            load.block_on(tokens::run(members, rounds))
        }
        _ => Err(usage().into()),
    }
}

/// What servers run on.
fn server() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

/// The number behind an option, or what it is without.
fn number<T: std::str::FromStr>(options: &[String], name: &str, default: T) -> Result<T, String> {
    let Some(at) = options.iter().position(|word| word == name) else {
        return Ok(default);
    };
    let value = options.get(at + 1).and_then(|word| word.parse().ok());
    value.ok_or_else(|| format!("`{name}` takes a number\n{USAGE}"))
}

/// The word behind an option, if it is given.
fn text(options: &[String], name: &str) -> Option<String> {
    let at = options.iter().position(|word| word == name)?;
    options.get(at + 1).cloned()
}

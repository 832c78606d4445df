//! `cargo sync fmt`: formats a sync app, its handler files included.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sync_build::format::{Mode, format};

const USAGE: &str = "\
Formats packages that have `_sync` folders, handler files included, which `cargo fmt` alone does not find.

Usage: cargo sync fmt [--check] [FOLDER]

  --check   change nothing, show what would change, and fail if anything would
  FOLDER    where to look for packages (default: the current folder)
";

enum Command {
    Format { folder: PathBuf, mode: Mode },
    Help,
}

fn main() -> ExitCode {
    // As `cargo sync fmt`, cargo gives the `sync` as the first argument.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments = match arguments.split_first() {
        Some((first, rest)) if first == "sync" => rest,
        _ => &arguments,
    };
    match parse(arguments) {
        Ok(Command::Help) => {
            let _ = std::io::stdout().write_all(USAGE.as_bytes());
            ExitCode::SUCCESS
        }
        Ok(Command::Format { folder, mode }) => run(&folder, mode),
        Err(message) => {
            eprintln!("error: {message}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: &[String]) -> Result<Command, String> {
    let mut command = None;
    let mut folder = None;
    let mut mode = Mode::Write;
    for argument in arguments {
        match argument.as_str() {
            "-h" | "--help" | "help" => return Ok(Command::Help),
            "fmt" if command.is_none() => command = Some(()),
            "--check" => mode = Mode::Check,
            option if option.starts_with('-') => {
                return Err(format!("`{option}` is not an option"));
            }
            other if command.is_none() => return Err(format!("`{other}` is not a command")),
            path if folder.is_none() => folder = Some(PathBuf::from(path)),
            path => return Err(format!("`{path}` is one folder too many")),
        }
    }
    match command {
        Some(()) => Ok(Command::Format {
            folder: folder.unwrap_or_else(|| ".".into()),
            mode,
        }),
        None => Err("no command given".into()),
    }
}

fn run(folder: &Path, mode: Mode) -> ExitCode {
    match format(folder, mode) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

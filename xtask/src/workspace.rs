//! Where things are, and cargo as these commands run it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use crate::process::{Failure, Result};

/// The repository.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The folder this very program was built into, whatever the target directory is called.
fn binaries() -> Result<PathBuf> {
    let this = env::current_exe()
        .map_err(|error| Failure::said(format!("cannot tell where xtask is: {error}")))?;
    match this.parent() {
        Some(folder) => Ok(folder.to_owned()),
        None => Err(Failure::said("cannot tell where xtask is")),
    }
}

/// The server of the example app, as `cargo build` leaves it.
pub(crate) fn example_app() -> Result<PathBuf> {
    binary("example-app")
}

/// The server of `tests/fixtures/wire-app`, likewise.
pub(crate) fn fixture_app() -> Result<PathBuf> {
    binary("wire-app")
}

/// A program of `sync-runtime/fuzz`.
pub(crate) fn fuzz_target(name: &str) -> Result<PathBuf> {
    binary(name)
}

/// A program of a release build.
pub(crate) fn release_binary(name: &str) -> Result<PathBuf> {
    let debug = binaries()?;
    let target = debug.parent().unwrap_or(&debug);
    Ok(target
        .join("release")
        .join(format!("{name}{}", env::consts::EXE_SUFFIX)))
}

fn binary(name: &str) -> Result<PathBuf> {
    Ok(binaries()?.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
}

/// Cargo's target directory.
pub(crate) fn target() -> Result<PathBuf> {
    let binaries = binaries()?;
    Ok(binaries.parent().unwrap_or(&binaries).to_owned())
}

/// Where `demo` keeps its board when it is not told.
pub(crate) fn demo_data() -> Result<PathBuf> {
    Ok(target()?.join("demo"))
}

/// Builds every crate, and with them the generated TypeScript; without this program, which runs. Where less
/// is built, cargo chooses other features of what it depends on, and builds much of that once more.
pub(crate) const BUILD: &[&str] = &["build", "--workspace", "--exclude", "xtask"];

/// `cargo` in the repository.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    // `cargo run` describes xtask to this program; passed on, that would look to build scripts
    // like a changed environment and build things again.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&*name);
        }
    }
    cargo
}

/// The newest modification time of the files under these paths, leaving out what is installed or
/// built there. `None` when there is no file.
pub(crate) fn newest(paths: &[PathBuf]) -> Option<SystemTime> {
    paths.iter().filter_map(|path| newest_under(path)).max()
}

fn newest_under(path: &Path) -> Option<SystemTime> {
    let about = path.metadata().ok()?;
    if about.is_file() {
        return about.modified().ok();
    }
    let entries = path.read_dir().ok()?;
    entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| !matches!(entry.file_name().to_str(), Some("node_modules" | "dist")))
        .filter_map(|entry| newest_under(&entry.path()))
        .max()
}

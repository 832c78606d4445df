//! Programs that tests drive and cargo and npm cannot install.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::{self, Failure, Result};

/// The variable that names the browser, here and in `tests/browser`.
pub(crate) const CHROMIUM_PATH: &str = "CHROMIUM_PATH";

/// Finds Chromium, or Chrome; installs Debian's package when it is missing and may be had.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(path) = env::var_os(CHROMIUM_PATH).map(PathBuf::from) {
        return if path.is_file() {
            Ok(path)
        } else {
            let path = path.display();
            Err(Failure::said(format!(
                "{CHROMIUM_PATH} is {path}: no such file"
            )))
        };
    }
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    find_or_install(&names, "chromium")
}

/// Finds the Redis server, which tests start and stop themselves; installs it likewise.
pub(crate) fn redis() -> Result<PathBuf> {
    find_or_install(&["redis-server"], "redis-server")
}

/// The first of these programs on `PATH`, from Debian's `package` if need be.
fn find_or_install(names: &[&str], package: &str) -> Result<PathBuf> {
    let find = || names.iter().find_map(|name| on_path(name));
    if let Some(path) = find() {
        return Ok(path);
    }
    if !is_root() || on_path("apt-get").is_none() {
        return Err(Failure::said(format!(
            "no {}: install it (Debian, Ubuntu: `sudo apt-get install {package}`)",
            names.join(" or ")
        )));
    }
    let apt = |words: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(words);
        // Installing a server need not start it: tests start their own.
        apt.env("RUNLEVEL", "1");
        process::run(&mut apt)
    };
    apt(&["update"])?;
    apt(&["install", "--yes", package])?;
    find().ok_or_else(|| Failure::said(format!("apt's {package} put no such program on PATH")))
}

/// The program of this name on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder: PathBuf| folder.join(Path::new(name)))
        .find(|path| path.is_file())
}

#[cfg(unix)]
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

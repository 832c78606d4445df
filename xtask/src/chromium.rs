//! The browser that the browser tests drive.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::{self, Failure, Result};

/// The variable that names the browser, here and in `tests/browser`.
pub(crate) const CHROMIUM_PATH: &str = "CHROMIUM_PATH";

/// Finds Chromium; installs Debian's package when it is missing and may be had.
pub(crate) fn find_or_install() -> Result<PathBuf> {
    if let Some(path) = env::var_os(CHROMIUM_PATH).map(PathBuf::from) {
        return if path.is_file() {
            Ok(path)
        } else {
            Err(Failure::said(format!(
                "{CHROMIUM_PATH} is {}: no such file",
                path.display()
            )))
        };
    }
    if let Some(path) = find() {
        return Ok(path);
    }
    if !is_root() || !on_path("apt-get").is_some_and(|apt| apt.is_file()) {
        return Err(Failure::said(format!(
            "no Chromium: install it (Debian, Ubuntu: `sudo apt-get install chromium`), \
             or set {CHROMIUM_PATH} to a Chromium or Chrome"
        )));
    }
    let apt = |words: &[&str]| {
        process::run(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(words),
        )
    };
    apt(&["update"])?;
    apt(&["install", "--yes", "chromium"])?;
    find().ok_or_else(|| Failure::said("apt installed no `chromium` that can be found on PATH"))
}

fn find() -> Option<PathBuf> {
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]
    .iter()
    .find_map(|name| on_path(name))
}

fn on_path(name: &str) -> Option<PathBuf> {
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

#![doc = include_str!("../README.md")]
#![allow(
    clippy::needless_doctest_main,
    reason = "a build script is a `main`, and is shown as one"
)]

// For the tests of this crate.
#[doc(hidden)]
pub mod discover;
#[doc(hidden)]
pub mod emit;
pub mod format;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod problem;

mod build;
mod naming;
mod side;

pub use build::{Build, Outcome};

use std::path::Path;

/// Finds the handler files below `source`, a folder relative to `Cargo.toml`, and writes the routes
/// that `sync_runtime::include_routes!` includes.
///
/// It is all a build script needs:
///
/// ```no_run
/// // in `fn main` of build.rs
/// sync_build::routes("src");
/// ```
///
/// When something is wrong with a file, cargo shows every problem and fails the build; the function
/// returns all the same, because a build script that exits with an error has its whole output repeated.
pub fn routes(source: impl AsRef<Path>) {
    configure().source(source).run();
}

/// The same as [`routes`], with settings.
///
/// ```no_run
/// // for an app whose Cargo.toml says `live = { package = "sync-runtime", version = "0.1" }`
/// sync_build::configure().source("server/src").runtime("::live").run();
/// ```
pub fn configure() -> Build {
    Build::default()
}

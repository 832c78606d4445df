//! Formats the handler files, which `cargo fmt` does not find: it follows `mod` in source files, and the
//! modules of handler files are in generated code.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, io};

use walkdir::{DirEntry, WalkDir};

/// Whether to change files or only to tell which would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Writes the files.
    Write,
    /// Writes nothing; rustfmt prints what it would change.
    Check,
}

/// Why the files could not be formatted.
#[derive(Debug)]
#[non_exhaustive]
pub enum FormatError {
    /// A folder could not be read.
    Unreadable(walkdir::Error),
    /// There is no `_sync` folder with Rust files.
    NothingToFormat(PathBuf),
    /// A handler file belongs to no package: no folder above it has a `Cargo.toml`.
    NoPackage(PathBuf),
    /// `cargo fmt` could not be started.
    NotStarted(io::Error),
}

/// How many files go to one run of rustfmt: a command line on Windows has room for 32 KiB.
const FILES_AT_ONCE: usize = 200;

/// Runs `cargo fmt` in every package below `folder` that has `_sync` folders, and hands it their Rust
/// files, helpers and tests included. So a package is formatted as a whole, with its own edition and
/// `rustfmt.toml`. Links to folders, folders whose name starts with `.`, `node_modules` and cargo's
/// `target` are left out.
///
/// Gives whether everything was (or, with [`Mode::Check`], is) formatted; what rustfmt has to say it
/// prints itself.
///
/// # Errors
/// See [`FormatError`].
pub fn format(folder: &Path, mode: Mode) -> Result<bool, FormatError> {
    let mut all_well = true;
    for (package, files) in files_by_package(folder)? {
        for files in files.chunks(FILES_AT_ONCE) {
            let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .arg("fmt")
                .args((mode == Mode::Check).then_some("--check"))
                .arg("--")
                .args(files)
                .current_dir(&package)
                .status()
                .map_err(FormatError::NotStarted)?;
            all_well &= status.success();
        }
    }
    Ok(all_well)
}

/// The files relative to the package they are in.
fn files_by_package(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<PathBuf>>, FormatError> {
    // A file below `src/board/_sync` is one also when asked to format just that folder.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let mut packages: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let entries = WalkDir::new(&folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry));
    for entry in entries {
        let entry = entry.map_err(FormatError::Unreadable)?;
        let path = entry.path();
        let in_sync = path
            .parent()
            .is_some_and(|parent| parent.iter().any(|name| name == "_sync"));
        if !entry.file_type().is_file() || path.extension() != Some(OsStr::new("rs")) || !in_sync {
            continue;
        }
        let package = path
            .ancestors()
            .skip(1)
            .find(|folder| folder.join("Cargo.toml").is_file())
            .ok_or_else(|| FormatError::NoPackage(path.to_path_buf()))?;
        let file = path.strip_prefix(package).unwrap_or(path).to_path_buf();
        packages
            .entry(package.to_path_buf())
            .or_default()
            .push(file);
    }
    if packages.is_empty() {
        return Err(FormatError::NothingToFormat(folder));
    }
    Ok(packages)
}

fn is_left_out(entry: &DirEntry) -> bool {
    let hidden = entry.file_name().as_encoded_bytes().first() == Some(&b'.');
    // Cargo marks its target folders, whatever they are called.
    let folder_without_sources = || {
        entry.file_type().is_dir()
            && (entry.file_name() == "node_modules" || entry.path().join("CACHEDIR.TAG").is_file())
    };
    hidden || folder_without_sources()
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "{error}"),
            Self::NothingToFormat(folder) => {
                write!(
                    f,
                    "no `_sync` folder with Rust files in {}: nothing to format",
                    folder.display()
                )
            }
            Self::NoPackage(file) => {
                write!(
                    f,
                    "{} belongs to no package: there is no Cargo.toml above it",
                    file.display()
                )
            }
            Self::NotStarted(error) => write!(f, "`cargo fmt` could not be started: {error}"),
        }
    }
}

impl std::error::Error for FormatError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            Self::NotStarted(error) => Some(error),
            Self::NothingToFormat(_) | Self::NoPackage(_) => None,
        }
    }
}

//! The generated file on disk.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use super::problem::TypeProblem;

/// What [`TypeScript::write`](super::TypeScript::write) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The file had other contents, or there was none.
    Changed,
    /// The file was already right and has not been touched.
    Unchanged,
}

/// Why the generated file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The types cannot be described.
    #[error("{}", lines(.0))]
    Types(Vec<TypeProblem>),

    /// There is no folder to write into. It is not made, as this is mostly a mistyped path.
    #[error("`{}` cannot be written: there is no folder `{}`", file.display(), folder.display())]
    NoFolder {
        /// The generated file.
        file: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },

    /// The file system refused.
    #[error("`{}` cannot be {doing}: {source}", file.display())]
    Io {
        /// The generated file.
        file: PathBuf,
        /// "read" or "written".
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
}

/// Why [`TypeScript::check`](super::TypeScript::check) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Stale {
    /// There is no such file.
    #[error("`{}` is missing: run `cargo build` at the root of the workspace and commit it", file.display())]
    Missing {
        /// The generated file.
        file: PathBuf,
    },

    /// The file says something else than the handlers do.
    #[error(
        "`{}` is out of date (line {line} should be `{expected}`): run `cargo build` at the root of the \
         workspace and commit it",
        file.display()
    )]
    Different {
        /// The generated file.
        file: PathBuf,
        /// The first line that differs, from 1.
        line: usize,
        /// What it should be.
        expected: String,
    },

    /// It is not known what the file should hold, or it cannot be read.
    #[error(transparent)]
    Failed(#[from] WriteError),
}

/// `path` from the folder of the package that cargo is building or running, if it is relative.
pub(super) fn from_package(path: &Path) -> PathBuf {
    match env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => Path::new(&package).join(path),
        None => path.to_owned(),
    }
}

/// Makes `file` hold `text`. Readers see the old or the new text, never a part.
pub(super) fn write(file: &Path, text: &str) -> Result<Written, WriteError> {
    if read(file)?.is_some_and(|found| same(&found, text)) {
        return Ok(Written::Unchanged);
    }
    let folder = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(WriteError::NoFolder {
            file: file.to_owned(),
            folder: folder.to_owned(),
        });
    }
    // The process's number in it, as an editor's check and a build may do this at the same time.
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = folder.join(format!(".{name}.{}.tmp", process::id()));
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, file));
    if written.is_err() {
        // It may not even have been made; the first error is the one to tell.
        let _ = fs::remove_file(&unfinished);
    }
    written.map_err(|source| failed(file, "written", source))?;
    Ok(Written::Changed)
}

/// Whether `file` holds `text`.
pub(super) fn check(file: &Path, text: &str) -> Result<(), Stale> {
    let Some(found) = read(file)? else {
        return Err(Stale::Missing {
            file: file.to_owned(),
        });
    };
    if same(&found, text) {
        return Ok(());
    }
    let equal = text
        .lines()
        .zip(found.lines())
        .take_while(|(expected, found)| expected == found)
        .count();
    Err(Stale::Different {
        file: file.to_owned(),
        line: equal + 1,
        expected: text
            .lines()
            .nth(equal)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    })
}

/// Git may have checked the file out with Windows' line ends; that is no difference.
fn same(found: &str, text: &str) -> bool {
    found == text || found.replace("\r\n", "\n") == text
}

fn read(file: &Path) -> Result<Option<String>, WriteError> {
    match fs::read(file) {
        Ok(found) => Ok(Some(String::from_utf8_lossy(&found).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(file, "read", source)),
    }
}

fn failed(file: &Path, doing: &'static str, source: io::Error) -> WriteError {
    WriteError::Io {
        file: file.to_owned(),
        doing,
        source,
    }
}

fn lines(problems: &[TypeProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

//! What happens in a build script: settings in, the generated file and words for cargo out.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::discover::{Known, search};
use crate::emit::{self, RustNames};

/// The variable in which `include_routes!` finds the path of the file. That it is not there says more than
/// that the file is not. `cargo run` and `cargo test` pass it on to the server, whose settings begin with `SYNC_`.
const OUT_VARIABLE: &str = "__SYNC_ROUTES";

const OUT_FILE: &str = "sync_routes.rs";

/// What this build leaves to the next one.
const KNOWN_FILE: &str = "sync_handlers.known";

/// The settings of a build; made by [`configure`](crate::configure).
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `.run()`"]
pub struct Build {
    source: PathBuf,
    runtime: String,
}

/// What a build has to say to cargo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What cargo has to watch, relative to the package.
    pub watched: PathBuf,
    /// The generated file.
    pub file: PathBuf,
    /// What may be wrong, one line each, sorted by file.
    pub warnings: Vec<String>,
    /// What is wrong, one line each, sorted by file; nothing was written unless it is empty.
    pub errors: Vec<String>,
}

impl Default for Build {
    fn default() -> Self {
        Self {
            source: "src".into(),
            runtime: "::sync_runtime".into(),
        }
    }
}

impl Build {
    /// The folder below which `_sync` folders are looked for, relative to `Cargo.toml`. Default: `src`.
    pub fn source(mut self, folder: impl AsRef<Path>) -> Self {
        folder.as_ref().clone_into(&mut self.source);
        self
    }

    /// The path of the `sync-runtime` crate in the app, for an app that renames it or reaches it
    /// through another crate. Default: `::sync_runtime`.
    pub fn runtime(mut self, path: impl Into<String>) -> Self {
        self.runtime = path.into();
        self
    }

    /// Does it, in a build script: takes the package and the output folder from cargo's environment
    /// and tells cargo what to watch and what is wrong.
    pub fn run(self) {
        let outcome = match (env::var_os("CARGO_MANIFEST_DIR"), env::var_os("OUT_DIR")) {
            (Some(package), Some(out)) => self.run_in(Path::new(&package), Path::new(&out)),
            _ => Outcome {
                watched: self.source,
                file: OUT_FILE.into(),
                warnings: Vec::new(),
                errors: vec!["sync_build works in a build script: call it from build.rs, and let cargo run that".into()],
            },
        };
        // When nobody reads what a build script says, there is nobody to tell.
        let _ = io::stdout().write_all(outcome.directives().as_bytes());
    }

    /// The same without cargo: for the package in `package`, into the folder `out`.
    pub fn run_in(&self, package: &Path, out: &Path) -> Outcome {
        let remembered = out.join(KNOWN_FILE);
        let mut known = Known::read(&remembered);
        let found = search(package, &self.source, &mut known);
        known.write(&remembered);
        let file = out.join(OUT_FILE);
        let errors = match found.model {
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
            Ok(model) => {
                let text = emit::rust(
                    &model,
                    RustNames {
                        package,
                        runtime: &self.runtime,
                    },
                );
                match write_if_changed(&file, &text) {
                    Ok(()) => Vec::new(),
                    Err(error) => vec![format!("{}: cannot be written: {error}", file.display())],
                }
            }
        };
        Outcome {
            watched: self.source.clone(),
            file,
            warnings: found.astray.iter().map(ToString::to_string).collect(),
            errors,
        }
    }
}

impl Outcome {
    /// As lines for cargo.
    ///
    /// One `rerun-if-changed` is enough, and less would not do. Of a folder, cargo takes the newest
    /// modification time of anything below it, links followed (`mtime_recursive` in cargo-util), so the
    /// one line sees files and folders come, go and change. A folder cannot be watched for its entries
    /// alone, and a `_sync` folder can appear anywhere below the source folder.
    pub fn directives(&self) -> String {
        let mut lines = format!(
            "cargo::rerun-if-changed={}\ncargo::rustc-env={OUT_VARIABLE}={}\n",
            self.watched.display(),
            self.file.display()
        );
        let warnings = self.warnings.iter().map(|said| ("warning", said));
        let errors = self.errors.iter().map(|said| ("error", said));
        for (kind, said) in warnings.chain(errors) {
            // A line break in a file's name would end the directive.
            let said = said.replace(char::is_control, " ");
            lines.extend(["cargo::", kind, "=", &said, "\n"]);
        }
        lines
    }
}

/// A new modification time would have the app compiled again for nothing.
fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(());
    }
    fs::write(path, text)
}

//! Apps of a few files, in temporary folders.
#![allow(dead_code, reason = "each test file uses its own part")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use sync_build::discover::discover;
use sync_build::emit::{self, RustNames};
use sync_build::model::RouteModel;
use tempfile::TempDir;

/// A `_server` file in which discovery finds a handler.
pub(crate) const SERVER: &str = "#[sync_handler(auth = login)]\npub async fn main() {}\n";
/// A `_client` file in which discovery finds a handler.
pub(crate) const CLIENT: &str = "#[sync_handler]\npub async fn main() {}\n";

pub(crate) struct App {
    folder: TempDir,
}

/// An app with these files, paths relative to the package; every one of them holds a handler.
pub(crate) fn app<'a>(files: impl IntoIterator<Item = &'a str>) -> App {
    let app = App {
        folder: tempfile::tempdir().unwrap(),
    };
    fs::create_dir_all(app.path().join("src")).unwrap();
    for file in files {
        app.write(
            file,
            if file.contains("_client_") {
                CLIENT
            } else {
                SERVER
            },
        );
    }
    app
}

impl App {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, file: &str) -> PathBuf {
        self.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.file(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The routes, as `board/moveCard v1: server, client`.
    pub(crate) fn routes(&self) -> Vec<String> {
        let describe = |model: RouteModel| {
            model
                .routes()
                .iter()
                .map(|route| {
                    let client = if route.client.is_some() {
                        ", client"
                    } else {
                        ""
                    };
                    format!("{} v{}: server{client}", route.name, route.version)
                })
                .collect()
        };
        describe(discover(self.path(), Path::new("src")).unwrap())
    }

    /// What is wrong, as cargo shows it.
    pub(crate) fn problems(&self) -> Vec<String> {
        match discover(self.path(), Path::new("src")) {
            Ok(model) => panic!("nothing was found to be wrong with {model:?}"),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    /// The generated Rust, as if the app lay in `/app`.
    pub(crate) fn rust(&self) -> String {
        let model = discover(self.path(), Path::new("src")).unwrap();
        emit::rust(
            &model,
            RustNames {
                package: Path::new("/app"),
                runtime: "::sync_runtime",
            },
        )
    }
}

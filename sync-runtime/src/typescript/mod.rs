//! What TypeScript sees of the routes: one file with all their types, made from the Rust types.
//!
//! Handlers say which types they use ([`TypeSink`]), [`TypeScript`] turns that into a file and keeps
//! the file up to date:
//!
//! - types that several handlers share are at its top level, once each;
//! - a handler file's own types are in a namespace of that file, so that two files may each have a
//!   `Card`;
//! - `SyncRoutes` maps every route and version to its types, and is registered with the client package.
//!
//! # How Rust's types come out
//!
//! As [ts-rs](https://docs.rs/ts-rs) says, which reads serde's attributes, with two differences:
//!
//! - 64- and 128-bit integers are `number`, as they are numbers in JSON; see [`LargeInt`]. Beyond 2^53 a
//!   `number` loses digits: where that matters, send a string.
//! - `()` as an input or output is an object without properties.
//!
//! What a route carries has to be a JSON object; anything else is a [`TypeProblem`].
//!
//! # What is not noticed
//!
//! ts-rs and serde disagree on a few attributes, and that cannot be seen in what ts-rs gives back:
//!
//! - `#[serde(skip_serializing_if = "...")]` or `skip_serializing` without `#[serde(default)]`: the field
//!   is described as always there;
//! - `#[serde(skip_deserializing)]`: the field is described although an input must not have it;
//! - `#[serde(default)]` on an input: the field is described as required;
//! - a hand-written `Serialize` or `Deserialize`, and serde attributes that ts-rs does not know (it
//!   prints a warning for these while compiling).
//!
//! What stands in `#[ts(type = "...")]` goes into the file as it is; a name in it has to be one that is
//! there. A type that holds itself through `#[ts(inline)]` or `#[ts(flatten)]` has no end, and ts-rs overflows
//! the stack over it.

mod collect;
mod described;
mod emit;
mod file;
mod model;
mod names;
mod problem;
mod routes;
mod scope;
mod shape;
mod syntax;

use std::env;
use std::path::{Path, PathBuf};

use ts_rs::Config;

pub use file::{Stale, WriteError, Written};
pub use model::Role;
pub use problem::{Place, TypeProblem};
pub(crate) use routes::TakesStreams;
pub use routes::{RouteTypes, TypeSink};

/// When this is set, [`TypeScript::emit`] writes nothing.
const CHECK_ONLY: &str = "SYNC_TYPESCRIPT_CHECK";

/// The TypeScript of all routes, and the file that holds it.
#[derive(Debug, Clone)]
pub struct TypeScript {
    routes: Vec<RouteTypes>,
    file: PathBuf,
    large_int: LargeInt,
}

/// What Rust's 64- and 128-bit integers are in TypeScript.
///
/// This is about the description only. What is sent is up to serde: a JSON number, unless a field is
/// serialised as something else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LargeInt {
    /// `number`, which is what `JSON.parse` makes of them. Exact up to 2^53. The default.
    #[default]
    Number,
    /// `string`, for an app that serialises all of them as strings.
    String,
    /// `bigint`, for an app with a JSON parser of its own.
    BigInt,
}

impl TypeScript {
    /// The types of `routes`, to be kept in the file at `path`.
    ///
    /// A relative `path` starts at the folder of the package that cargo is building, testing or running
    /// (`CARGO_MANIFEST_DIR`), without cargo at the current folder.
    pub fn new(routes: Vec<RouteTypes>, path: impl AsRef<Path>) -> Self {
        Self {
            routes,
            file: file::from_package(path.as_ref()),
            large_int: LargeInt::default(),
        }
    }

    /// The same, of one more route.
    pub(crate) fn with(mut self, route: RouteTypes) -> Self {
        self.routes.push(route);
        self
    }

    /// Sets what 64- and 128-bit integers are; [`LargeInt::Number`] if not set.
    #[must_use]
    pub fn large_int(mut self, large_int: LargeInt) -> Self {
        self.large_int = large_int;
        self
    }

    /// The text of the file. The same routes give the same text, in whatever order they come.
    ///
    /// # Errors
    /// Everything that has to be changed first, sorted.
    ///
    /// # Panics
    /// Where panics abort the process, a type that ts-rs cannot describe ends it. Build scripts and tests
    /// unwind.
    pub fn render(&self) -> Result<String, Vec<TypeProblem>> {
        let config = Config::new().with_large_int(match self.large_int {
            LargeInt::Number => "number",
            LargeInt::String => "string",
            LargeInt::BigInt => "bigint",
        });
        let (model, mut problems) = collect::collect(&self.routes, &config);
        let scopes = scope::Scopes::of(&model);
        problems.extend(scopes.problems(&model));
        problems.extend(shape::problems(&model));
        if problems.is_empty() {
            return Ok(emit::file(&model, &scopes));
        }
        problems.sort();
        problems.dedup();
        Err(problems)
    }

    /// For a build script: writes the file if it is not right, and tells cargo to run the script again
    /// when the file is edited or deleted.
    ///
    /// With `SYNC_TYPESCRIPT_CHECK=1` in the environment nothing is written and a file that is not right
    /// fails the build, which is how CI finds one that was not committed.
    ///
    /// Every problem is a `cargo::error`, so the build fails with all of them and without a panic.
    #[allow(
        clippy::print_stdout,
        reason = "this is how a build script talks to cargo"
    )]
    pub fn emit(self) {
        println!("cargo::rerun-if-changed={}", self.file.display());
        println!("cargo::rerun-if-env-changed={CHECK_ONLY}");
        let outcome =
            if env::var_os(CHECK_ONLY).is_some_and(|value| !value.is_empty() && value != "0") {
                self.check().map_err(|stale| stale.to_string())
            } else {
                self.write().map(drop).map_err(|error| error.to_string())
            };
        if let Err(message) = outcome {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
        }
    }

    /// Writes the file if it does not hold what it should; for a refresh when a debug build starts.
    ///
    /// # Errors
    /// When the types cannot be described, or the file not read or written. The file is then unchanged.
    pub fn write(&self) -> Result<Written, WriteError> {
        file::write(&self.file, &self.text()?)
    }

    /// Whether the file holds what it should, without changing it.
    ///
    /// In a test of the app this finds a stale file when only the app is built (`cargo test -p app`). A
    /// build of the whole workspace runs the build script first, which repairs the file.
    ///
    /// # Errors
    /// When it does not, saying what to run.
    pub fn check(&self) -> Result<(), Stale> {
        file::check(&self.file, &self.text()?)
    }

    fn text(&self) -> Result<String, WriteError> {
        self.render().map_err(WriteError::Types)
    }
}

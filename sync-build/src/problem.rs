//! What can be wrong with the files of an app, in the words its developer reads.

use std::fmt;

use crate::side::Side;

/// Something to put right before the app can be built: which file, what is wrong, what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file or folder, relative to the package, with `/` between folders.
    pub path: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a file or folder. Its `Display` says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fault {
    /// The folder to look for handlers in is not there.
    NoSourceFolder,
    /// The operating system refused.
    Unreadable {
        /// Its words.
        reason: String,
    },
    /// The name has bytes that are not UTF-8.
    NotUtf8,
    /// A folder such as `_Sync`.
    FolderInCapitals,
    /// A symbolic link called `_sync`.
    LinkedFolder,
    /// A `.rs` file in a folder inside `_sync`.
    InSubfolder,
    /// A handler's name outside of `_sync` folders.
    OutsideOfSync {
        /// Where such a file is a handler.
        belongs: String,
    },
    /// A `mod.rs` in `_sync`.
    ModFile,
    /// A name that is not `<name>_server_v<N>.rs` or `<name>_client_v<N>.rs`.
    NotAHandlerFile {
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A handler's name without its version.
    NoVersion {
        /// The same with a version.
        meant: String,
    },
    /// `v0`.
    VersionZero {
        /// The same with `v1`.
        meant: String,
    },
    /// `v01`.
    LeadingZero {
        /// The same without the zeros.
        meant: String,
    },
    /// A version that does not fit.
    VersionTooLarge,
    /// The route's name has characters that names cannot have.
    NotAName {
        /// The name in the file's name.
        name: String,
        /// A file name that would do.
        meant: Option<String>,
    },
    /// The route would be called `self`, `super` or `crate`.
    ReservedName {
        /// The name in the file's name.
        name: String,
    },
    /// A page folder has characters that pages cannot have.
    NotAPage {
        /// The folder's own name.
        name: String,
    },
    /// A page folder is called `self`, `super` or `crate`.
    ReservedPage {
        /// The folder's own name.
        name: String,
    },
    /// Another file is the same half of the same version of the same route.
    FoundTwice {
        /// The route.
        route: String,
        /// Its version.
        version: u32,
        /// Which half of it.
        side: Side,
        /// The other file.
        other: String,
    },
    /// Another route has the same name but for upper and lower case.
    OtherSpelling {
        /// The route.
        route: String,
        /// The other route.
        other_route: String,
        /// A file of the other route.
        other: String,
    },
    /// Another route has the same name in Rust.
    SameModule {
        /// The route.
        route: String,
        /// The other route.
        other_route: String,
        /// The other file.
        other: String,
        /// The name both would have.
        module: String,
    },
    /// A `_client` file without the `_server` file of its version.
    ClientAlone {
        /// The route's name, without the page.
        name: String,
        /// The version of the `_client` file.
        version: u32,
        /// A version of the route that has a `_server` file and no `_client` file.
        other_version: Option<u32>,
    },
}

impl Problem {
    /// A problem of the file or folder at `path`.
    pub fn new(path: impl Into<String>, fault: Fault) -> Self {
        Self {
            path: path.into(),
            fault,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.fault)
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSourceFolder => {
                f.write_str("no such folder: give `sync_build::routes` the folder of the sources, relative to Cargo.toml")
            }
            Self::Unreadable { reason } => write!(f, "cannot be read: {reason}"),
            Self::NotUtf8 => f.write_str("the name is not UTF-8: rename it"),
            Self::FolderInCapitals => {
                f.write_str("handler files are looked for in folders called `_sync`: rename this one, in lower case")
            }
            Self::LinkedFolder => {
                f.write_str("a link, and links to folders are not followed: put a real `_sync` folder in its place")
            }
            Self::InSubfolder => f.write_str(
                "handler files lie directly in `_sync/`: move this one up, or, if it is a helper, into a folder \
                 whose name starts with `_`, such as `_sync/_lib/`",
            ),
            Self::OutsideOfSync { belongs } => write!(
                f,
                "a handler, but no route: handler files lie in folders called `_sync`, and this one belongs to `{belongs}`",
            ),
            Self::ModFile => f.write_str(
                "`_sync/` needs no `mod.rs`, its handler files are linked by the build script: delete it, or move \
                 what it holds to `_sync/_lib/`",
            ),
            Self::NotAHandlerFile { meant: Some(meant) } => {
                write!(f, "not the name of a handler file: rename it to `{meant}`")
            }
            Self::NotAHandlerFile { meant: None } => f.write_str(
                "not the name of a handler file: call it `<name>_server_v<N>.rs` or `<name>_client_v<N>.rs`, or, if \
                 it is a helper, move it to `_sync/_lib/`",
            ),
            Self::NoVersion { meant } => write!(f, "the name has no version: rename it to `{meant}`"),
            Self::VersionZero { meant } => write!(f, "versions start at `v1`: rename it to `{meant}`"),
            Self::LeadingZero { meant } => {
                write!(f, "versions are written without leading zeros: rename it to `{meant}`")
            }
            Self::VersionTooLarge => write!(f, "the version is too large: the largest is `v{}`", u32::MAX),
            Self::NotAName { name, meant } => {
                write!(f, "`{name}` cannot be the name of a route, {NAME_RULE}: ")?;
                match meant {
                    Some(meant) => write!(f, "rename it to `{meant}`"),
                    None => f.write_str("rename it"),
                }
            }
            Self::ReservedName { name } => {
                write!(f, "`{name}` cannot be the name of a route, it is a keyword that Rust gives to nobody: rename it")
            }
            Self::NotAPage { name } => write!(
                f,
                "`{name}` cannot be part of a route, {PAGE_RULE}: rename the folder, or start its name with `_` to \
                 leave it out of the route",
            ),
            Self::ReservedPage { name } => write!(
                f,
                "`{name}` cannot be part of a route, it is a keyword that Rust gives to nobody: rename the folder, \
                 or start its name with `_` to leave it out of the route",
            ),
            Self::FoundTwice {
                route,
                version,
                side,
                other,
            } => {
                let why = if route.starts_with("system/") {
                    "a `_sync` folder on no page is on the page `system`"
                } else {
                    "folders that start with `_` are not part of a route"
                };
                write!(
                    f,
                    "`{route}` v{version} already has a `_{side}` file, `{other}` ({why}): delete one of them, or \
                     rename it",
                )
            }
            Self::OtherSpelling { route, other_route, other } => write!(
                f,
                "`{route}` differs from `{other_route}` (`{other}`) only in upper and lower case: spell it the same \
                 way, or give it another name",
            ),
            Self::SameModule { route, other_route, other, module } => write!(
                f,
                "`{route}` and `{other_route}` (`{other}`) would both be the Rust module `{module}`: rename one of \
                 them",
            ),
            Self::ClientAlone { name, version, other_version } => {
                write!(f, "`_client` file without a server file: add `{name}_server_v{version}.rs` beside it, ")?;
                if let Some(other) = other_version {
                    write!(f, "rename this one to `{name}_client_v{other}.rs`, ")?;
                }
                f.write_str("or delete this one")
            }
        }
    }
}

const NAME_RULE: &str =
    "which starts with a letter (a-z, A-Z) and goes on with letters, digits and `_`";
const PAGE_RULE: &str = "whose segments start with a letter (a-z, A-Z) and go on with letters, digits, `_` and single `-`";

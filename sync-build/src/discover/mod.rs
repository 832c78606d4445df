//! Finds the handler files below a folder and makes the route model of them.

mod file_name;
mod handler;
mod known;
mod meant;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::model::{Handler, HandlerFile, RouteModel, RouteName};
use crate::naming::{is_page_segment, is_reserved};
use crate::problem::{Fault, Problem};
use file_name::FileName;
pub use known::Known;

const HANDLER_FOLDER: &str = "_sync";

/// Finds the routes of the package in `package`, whose handler files lie below its folder `source`.
///
/// Links to folders are not followed, so that a loop of them cannot trap the search; a link to a
/// handler file is as good as the file. Folders whose name starts with `.` are not entered.
///
/// # Errors
/// Every problem there is, sorted by file.
pub fn discover(package: &Path, source: &Path) -> Result<RouteModel, Vec<Problem>> {
    discover_with(package, source, &mut Known::default())
}

/// [`discover`], but only files that are not known are looked into.
///
/// # Errors
/// As [`discover`].
pub fn discover_with(
    package: &Path,
    source: &Path,
    known: &mut Known,
) -> Result<RouteModel, Vec<Problem>> {
    search(package, source, known).model
}

/// What has been found, and files that look as if they should have been.
pub(crate) struct Found {
    pub(crate) model: Result<RouteModel, Vec<Problem>>,
    /// Handler files outside of `_sync` folders.
    pub(crate) astray: Vec<Problem>,
}

pub(crate) fn search(package: &Path, source: &Path, known: &mut Known) -> Found {
    let mut search = Search {
        package,
        source: package.join(source),
        known,
        files: Vec::new(),
        problems: Vec::new(),
        astray: Vec::new(),
        meant: BTreeSet::new(),
    };
    search.run();
    let Search {
        files,
        mut problems,
        astray,
        meant,
        ..
    } = search;
    let model = match RouteModel::new(files) {
        Ok(model) => model,
        Err(found) => {
            // `showCard_sever_v1.rs` and `showCard_client_v1.rs` are one mistake, so one problem.
            problems.extend(
                found
                    .into_iter()
                    .filter(|problem| !follows_from(problem, &meant)),
            );
            RouteModel::default()
        }
    };
    let model = if problems.is_empty() {
        Ok(model)
    } else {
        problems.sort();
        problems.dedup();
        Err(problems)
    };
    Found { model, astray }
}

struct Search<'a> {
    package: &'a Path,
    source: PathBuf,
    known: &'a mut Known,
    files: Vec<HandlerFile>,
    problems: Vec<Problem>,
    astray: Vec<Problem>,
    /// The files that would be there if every refused one had the name it probably means.
    meant: BTreeSet<String>,
}

impl Search<'_> {
    fn run(&mut self) {
        if !self.source.is_dir() {
            self.refuse(&self.source.clone(), Fault::NoSourceFolder);
            return;
        }
        let mut walk = WalkDir::new(&self.source).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let Some(entry) = self.readable(entry) else {
                continue;
            };
            if entry.depth() > 0 && is_hidden(&entry) {
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
            } else if !name(&entry).eq_ignore_ascii_case(HANDLER_FOLDER) {
                // An ordinary folder or file of the app, unless its name says otherwise.
                self.note_astray(&entry);
            } else if entry.path_is_symlink() && entry.path().is_dir() {
                self.refuse(entry.path(), Fault::LinkedFolder);
            } else if entry.file_type().is_dir() {
                walk.skip_current_dir();
                if name(&entry) == HANDLER_FOLDER {
                    self.look_into(entry.path());
                } else {
                    self.refuse(entry.path(), Fault::FolderInCapitals);
                }
            }
        }
    }

    /// Everything in one `_sync` folder.
    fn look_into(&mut self, folder: &Path) {
        let entries = WalkDir::new(folder)
            .min_depth(1)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| !(is_folder(entry) && is_set_aside(entry)));
        let mut names = Vec::new();
        for entry in entries {
            let Some(entry) = self.readable(entry) else {
                continue;
            };
            if is_folder(&entry) {
                continue;
            }
            match entry.file_name().to_str() {
                None => self.refuse(entry.path(), Fault::NotUtf8),
                Some(name) if entry.depth() == 1 => names.push(name.to_owned()),
                // Whatever else the app keeps in such a folder, snapshots of tests for example, is its own business.
                Some(name)
                    if name.strip_suffix(".rs").is_some() && !file_name::is_dropping(name) =>
                {
                    self.refuse(entry.path(), Fault::InSubfolder);
                }
                Some(_) => {}
            }
        }
        let mut page = None;
        for name in &names {
            let path = folder.join(name);
            match file_name::read(name) {
                FileName::Ignored => {}
                FileName::Refused(fault) => self.refuse_name(folder, name, fault, &names),
                FileName::Handler {
                    name,
                    side,
                    version,
                } => {
                    // Only now: a bad page is nobody's problem as long as no route is on it.
                    if let Some(page) = page.get_or_insert_with(|| self.page_of(folder)) {
                        self.files.push(HandlerFile {
                            route: RouteName::new(page.iter().cloned(), name),
                            version,
                            side,
                            handler: handler::look_at(&path, self.known),
                            path: self.shown(&path),
                        });
                    }
                }
            }
        }
    }

    /// The folders above a `_sync` folder, without those that start with `_`.
    fn page_of(&mut self, folder: &Path) -> Option<Vec<String>> {
        let mut page = Some(Vec::new());
        let mut path = self.source.clone();
        let above = folder
            .parent()?
            .strip_prefix(&self.source)
            .ok()?
            .to_path_buf();
        for segment in &above {
            path.push(segment);
            let name = segment.to_string_lossy().into_owned();
            let fault = if name.starts_with('_') {
                continue;
            } else if segment.to_str().is_none() {
                Fault::NotUtf8
            } else if !is_page_segment(&name) {
                Fault::NotAPage { name }
            } else if is_reserved(&name) {
                Fault::ReservedPage { name }
            } else {
                if let Some(page) = &mut page {
                    page.push(name);
                }
                continue;
            };
            self.refuse(&path, fault);
            page = None;
        }
        page
    }

    fn readable(&mut self, entry: walkdir::Result<DirEntry>) -> Option<DirEntry> {
        entry
            .map_err(|error| {
                let path = error.path().unwrap_or(&self.source).to_path_buf();
                let reason = error
                    .io_error()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                self.refuse(&path, Fault::Unreadable { reason });
            })
            .ok()
    }

    /// Does not advise a name that is already taken in the folder.
    fn refuse_name(&mut self, folder: &Path, name: &str, fault: Fault, taken: &[String]) {
        let fault = match fault {
            Fault::NotAHandlerFile { meant: Some(meant) } if taken.contains(&meant) => {
                Fault::NotAHandlerFile { meant: None }
            }
            fault => fault,
        };
        if let Fault::NotAHandlerFile { meant: Some(meant) }
        | Fault::NoVersion { meant }
        | Fault::VersionZero { meant }
        | Fault::LeadingZero { meant }
        | Fault::NotAName {
            meant: Some(meant), ..
        } = &fault
        {
            self.meant.insert(self.shown(&folder.join(meant)));
        }
        self.refuse(&folder.join(name), fault);
    }

    /// A file outside of `_sync` folders with the name of a handler file and a handler in it. Without one it is an
    /// ordinary module, such as `smtp_client_v1.rs`.
    fn note_astray(&mut self, entry: &DirEntry) {
        let path = entry.path();
        let (Some(name), Some(folder)) = (entry.file_name().to_str(), path.parent()) else {
            return;
        };
        if is_folder(entry) || !matches!(file_name::read(name), FileName::Handler { .. }) {
            return;
        }
        if handler::look_at(path, self.known) != Handler::Found {
            return;
        }
        let folder = match folder.file_name() {
            Some(last) if last == "sync" => folder.parent().unwrap_or(folder),
            _ => folder,
        };
        let belongs = self.shown(&folder.join(HANDLER_FOLDER).join(name));
        let fault = Fault::OutsideOfSync { belongs };
        self.astray.push(Problem::new(self.shown(path), fault));
    }

    fn refuse(&mut self, path: &Path, fault: Fault) {
        self.problems.push(Problem::new(self.shown(path), fault));
    }

    /// As the developer writes it: relative to the package, with `/`.
    fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.package).unwrap_or(path);
        let parts: Vec<_> = path
            .components()
            .map(|part| match part {
                Component::RootDir => "".into(),
                part => part.as_os_str().to_string_lossy(),
            })
            .collect();
        parts.join("/")
    }
}

/// A `_client` file is alone only because its `_server` file was refused, for its name.
fn follows_from(problem: &Problem, meant: &BTreeSet<String>) -> bool {
    let Fault::ClientAlone { name, version, .. } = &problem.fault else {
        return false;
    };
    let folder = problem
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    meant.contains(&format!("{folder}/{name}_server_v{version}.rs"))
}

fn name(entry: &DirEntry) -> &OsStr {
    entry.file_name()
}

fn is_hidden(entry: &DirEntry) -> bool {
    starts_with(entry, b'.')
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() || entry.path_is_symlink() && entry.path().is_dir()
}

/// Folders in `_sync` whose files are not handlers: helpers, tests, and what tools hide.
fn is_set_aside(entry: &DirEntry) -> bool {
    starts_with(entry, b'_') || is_hidden(entry) || name(entry) == "tests"
}

fn starts_with(entry: &DirEntry, byte: u8) -> bool {
    name(entry).as_encoded_bytes().first() == Some(&byte)
}

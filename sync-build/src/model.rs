//! The routes of an app: what discovery finds and what emitters write, independent of both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::naming::snake_case;
use crate::problem::{Fault, Problem};
pub use crate::side::Side;

/// All routes of an app, sorted by name and version, each known to be whole and free of collisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteModel {
    routes: Vec<Route>,
}

/// One version of one route: its `_server` file and, if there is one, its `_client` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The name a client asks for, without the version.
    pub name: RouteName,
    /// 1 or more.
    pub version: u32,
    /// The file that runs once per request.
    pub server: HandlerFile,
    /// The file that runs once per recipient.
    pub client: Option<HandlerFile>,
}

/// `board/moveCard`: the page, then the name of the file, letter for letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteName {
    segments: Vec<String>,
}

/// A `_server` or `_client` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerFile {
    /// The route it belongs to.
    pub route: RouteName,
    /// 1 or more.
    pub version: u32,
    /// Which half of the route it is.
    pub side: Side,
    /// Where it lies, relative to the package, with `/` between folders.
    pub path: String,
    /// What was found in it.
    pub handler: Handler,
}

/// What a handler file holds, as far as the build script looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// A function `main` with `#[sync_handler]`: the route can be registered.
    Found,
    /// Nothing with `#[sync_handler]`: the generated code says so.
    Missing,
    /// Something is wrong that the compiler or `#[sync_handler]` itself explains better than a build
    /// script can, with the line: the file is linked, and nothing else is said about it.
    Unclear,
}

impl RouteModel {
    /// Pairs the files up and checks what one file alone cannot show. Gives every problem, not the first.
    pub fn new(files: Vec<HandlerFile>) -> Result<Self, Vec<Problem>> {
        let mut files = files;
        files.sort_by(|a, b| {
            (&a.route, a.version, a.side, &a.path).cmp(&(&b.route, b.version, b.side, &b.path))
        });
        let mut problems = Vec::new();
        let files = without_duplicates(files, &mut problems);
        check_spelling(&files, &mut problems);
        check_modules(&files, &mut problems);
        let routes = pair(files, &mut problems);
        if problems.is_empty() {
            Ok(Self { routes })
        } else {
            problems.sort();
            Err(problems)
        }
    }

    /// The routes, sorted by name and version.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Every handler file, in the order of the routes, a route's server file first.
    pub fn files(&self) -> impl Iterator<Item = &HandlerFile> {
        self.routes
            .iter()
            .flat_map(|route| std::iter::once(&route.server).chain(&route.client))
    }
}

impl RouteName {
    /// The route of a file called `name` below the page folders `page`; no page is the page `system`.
    pub fn new(page: impl IntoIterator<Item = String>, name: impl Into<String>) -> Self {
        let mut segments: Vec<String> = page.into_iter().collect();
        if segments.is_empty() {
            segments.push("system".to_owned());
        }
        segments.push(name.into());
        Self { segments }
    }

    /// The page's folders, then the name.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    fn in_snake_case(&self) -> impl Iterator<Item = String> {
        self.segments.iter().map(|segment| snake_case(segment))
    }
}

impl fmt::Display for RouteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("/"))
    }
}

impl HandlerFile {
    /// The Rust module the file becomes, at the crate root: `board_move_card_server_v1`.
    pub fn module(&self) -> String {
        let mut parts: Vec<String> = self.route.in_snake_case().collect();
        parts.push(format!("{}_v{}", self.side, self.version));
        // Again as a whole: a part may end with `_`.
        snake_case(&parts.join("_"))
    }

    /// Where people find it: `board`, `move_card`, `v1`, `server`.
    pub fn place(&self) -> Vec<String> {
        let mut place: Vec<String> = self.route.in_snake_case().collect();
        place.push(format!("v{}", self.version));
        place.push(self.side.to_string());
        place
    }
}

/// Two files can be one route, because folders that start with `_` are not part of its name.
fn without_duplicates(files: Vec<HandlerFile>, problems: &mut Vec<Problem>) -> Vec<HandlerFile> {
    let mut unique: Vec<HandlerFile> = Vec::with_capacity(files.len());
    for file in files {
        match unique.last() {
            Some(first)
                if (&first.route, first.version, first.side)
                    == (&file.route, file.version, file.side) =>
            {
                problems.push(Problem::new(
                    file.path,
                    Fault::FoundTwice {
                        route: file.route.to_string(),
                        version: file.version,
                        side: file.side,
                        other: first.path.clone(),
                    },
                ));
            }
            _ => unique.push(file),
        }
    }
    unique
}

/// `moveCard` and `movecard` are one file on a disk that ignores case, and nobody can tell them apart by ear.
fn check_spelling(files: &[HandlerFile], problems: &mut Vec<Problem>) {
    let mut spellings: BTreeMap<String, &HandlerFile> = BTreeMap::new();
    let mut reported = None;
    for file in files {
        let first = *spellings
            .entry(file.route.to_string().to_ascii_lowercase())
            .or_insert(file);
        // Sorted by route: all files of a name that was reported follow each other.
        if first.route != file.route && reported != Some(&file.route) {
            reported = Some(&file.route);
            problems.push(Problem::new(
                file.path.clone(),
                Fault::OtherSpelling {
                    route: file.route.to_string(),
                    other_route: first.route.to_string(),
                    other: first.path.clone(),
                },
            ));
        }
    }
}

/// Different routes must not want one module, nor one place in the tree of re-exports.
fn check_modules(files: &[HandlerFile], problems: &mut Vec<Problem>) {
    let mut modules: BTreeMap<String, &HandlerFile> = BTreeMap::new();
    let mut places: BTreeMap<Vec<String>, &HandlerFile> = BTreeMap::new();
    for file in files {
        modules.entry(file.module()).or_insert(file);
        places.entry(file.place()).or_insert(file);
    }
    // Once for two routes, however many files they have.
    let mut reported = BTreeSet::new();
    let mut refuse = |file: &HandlerFile, other: &HandlerFile, module: String| {
        if file.route != other.route
            && !same_but_for_case(file, other)
            && reported.insert((file.route.clone(), other.route.clone()))
        {
            problems.push(Problem::new(
                file.path.clone(),
                Fault::SameModule {
                    route: file.route.to_string(),
                    other_route: other.route.to_string(),
                    other: other.path.clone(),
                    module,
                },
            ));
        }
    };
    for file in files {
        if let Some(first) = modules.get(&file.module()) {
            refuse(file, first, file.module());
        }
        // A route `server` on the page `board/moveCard/v1` would be a module where `board/moveCard`
        // v1 has its server file.
        let place = file.place();
        for length in 1..place.len() {
            if let Some(above) = places.get(&place[..length]) {
                refuse(file, above, place[..length].join("::"));
            }
        }
    }
}

/// Already reported, by [`check_spelling`].
fn same_but_for_case(a: &HandlerFile, b: &HandlerFile) -> bool {
    a.route
        .to_string()
        .eq_ignore_ascii_case(&b.route.to_string())
}

fn pair(files: Vec<HandlerFile>, problems: &mut Vec<Problem>) -> Vec<Route> {
    let versions: Vec<(RouteName, u32, Side)> = files
        .iter()
        .map(|file| (file.route.clone(), file.version, file.side))
        .collect();
    let has = |route: &RouteName, version: u32, side: Side| {
        versions
            .iter()
            .any(|(r, v, s)| r == route && *v == version && *s == side)
    };
    let mut routes: Vec<Route> = Vec::new();
    for file in files {
        match (file.side, routes.last_mut()) {
            (Side::Server, _) => routes.push(Route {
                name: file.route.clone(),
                version: file.version,
                server: file,
                client: None,
            }),
            (Side::Client, Some(route))
                if route.name == file.route && route.version == file.version =>
            {
                route.client = Some(file);
            }
            (Side::Client, _) => {
                let name = file.route.segments.last().cloned().unwrap_or_default();
                // A server of another version that has no client yet: the version may be the slip.
                let other_version = versions
                    .iter()
                    .filter(|(route, version, side)| {
                        *route == file.route
                            && *side == Side::Server
                            && !has(route, *version, Side::Client)
                    })
                    .map(|(_, version, _)| *version)
                    .next_back();
                problems.push(Problem::new(
                    file.path,
                    Fault::ClientAlone {
                        name,
                        version: file.version,
                        other_version,
                    },
                ));
            }
        }
    }
    routes
}

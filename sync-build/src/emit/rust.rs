//! The Rust of the routes: the handler files as modules, their registration, and a tree to find them by.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::Path;

use crate::model::{Handler, HandlerFile, Route, RouteModel};
use crate::naming::as_written;

/// What the generated code has to call things that the routes themselves do not say.
#[derive(Debug, Clone, Copy)]
pub struct RustNames<'a> {
    /// The absolute path of the package, before each handler file's own.
    pub package: &'a Path,
    /// The path of the `sync-runtime` crate, as in `::sync_runtime`.
    pub runtime: &'a str,
}

/// Writes the file that `include_routes!` includes into the crate root.
///
/// The modules lie flat in it, under snake case names: rust-analyzer does not resolve an absolute
/// `#[path]` inside an inline module. There is no `#[allow]` on them, because it would reach into the
/// developer's file; no name in the generated code needs one.
#[must_use]
pub fn rust(model: &RouteModel, names: RustNames<'_>) -> String {
    Emitter { model, names }.to_string()
}

struct Emitter<'a> {
    model: &'a RouteModel,
    names: RustNames<'a>,
}

impl fmt::Display for Emitter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "// Written by sync-build from the handler files in `_sync` folders. Changes here are lost at the next build.\n",
        )?;
        self.modules(f)?;
        self.missing_handlers(f)?;
        self.pairs(f)?;
        f.write_str("\n/// The routes of this app; inside the crate also its handler files, by page, route and version.\npub mod sync_routes {\n")?;
        self.routes(f)?;
        self.typescript(f)?;
        self.tree(f)?;
        f.write_str("}\n")
    }
}

impl Emitter<'_> {
    fn modules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, file) in self.model.files().enumerate() {
            if i == 0 {
                f.write_char('\n')?;
            }
            let path = self.names.package.join(&file.path);
            writeln!(
                f,
                "#[path = {:?}]\nmod {};",
                path.display().to_string(),
                file.module()
            )?;
        }
        Ok(())
    }

    fn missing_handlers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self
            .model
            .files()
            .filter(|file| file.handler == Handler::Missing);
        for (i, file) in missing.enumerate() {
            if i == 0 {
                f.write_str("\n// Files in which the build script found no handler.\n")?;
            }
            writeln!(
                f,
                "{}::codegen::no_handler!({:?});",
                self.names.runtime, file.path
            )?;
        }
        Ok(())
    }

    fn pairs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (server, client)) in self.model.routes().iter().filter_map(pair).enumerate() {
            if i == 0 {
                f.write_str("\n// What a `_client` file takes as server output is what its `_server` file gives.\n")?;
            }
            writeln!(
                f,
                "{client}::__sync_pair!(crate::{client}::__SyncTaken, crate::{server}::__SyncHandler);",
                client = client.module(),
                server = server.module()
            )?;
        }
        Ok(())
    }

    fn routes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runtime = self.names.runtime;
        let registered = || {
            self.model
                .routes()
                .iter()
                .filter(|route| is_registered(&route.server))
        };
        write!(
            f,
            "    /// All routes, to be given to `SyncServer::builder`.
    #[must_use]
    pub fn routes() -> {runtime}::Routes<crate::__sync::App> {{
        list({runtime}::Routes::new())
    }}

    fn list<List: {runtime}::codegen::RouteList<crate::__sync::App>>(list: List) -> List {{
        list"
        )?;
        for route in registered() {
            let add = match pair(route) {
                None => "server",
                Some(_) => "pair",
            };
            let id = route_id(route);
            write!(f, "\n            .{add}({id})")?;
        }
        f.write_str("\n    }\n")
    }

    fn typescript(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runtime = self.names.runtime;
        write!(
            f,
            "
    /// The TypeScript of all routes; `path` is relative to the package whose build script writes it.
    pub fn typescript(path: impl AsRef<::std::path::Path>) -> {runtime}::codegen::TypeScript {{
        list({runtime}::codegen::TypeScript::new(::std::vec::Vec::new(), path))
    }}
"
        )
    }

    /// The registrations above go through it: a re-export that nothing uses would be a warning.
    fn tree(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tree = Tree::default();
        for route in self.model.routes() {
            for file in registered_files(route) {
                tree.insert(&file.place(), Leaf::Module(file.module()));
            }
            if is_registered(&route.server) {
                tree.insert(&id_place(route), Leaf::Id(self.id_of(route)));
            }
        }
        if !tree.branches.is_empty() {
            f.write_char('\n')?;
        }
        tree.write(f, 1)
    }

    /// The type and the value of a route's id, from where it stands.
    fn id_of(&self, route: &Route) -> String {
        let runtime = self.names.runtime;
        let version = route.version;
        let server = format!("v{version}::server::__SyncHandler");
        let handlers = match pair(route) {
            None => server,
            Some(_) => format!("{server}, v{version}::client::__SyncHandler"),
        };
        let name = route.name.to_string();
        format!(
            "{runtime}::codegen::RouteId<{handlers}> = {runtime}::codegen::route({name:?}, {version})"
        )
    }
}

/// The files of a route that its registration names.
fn registered_files(route: &Route) -> impl Iterator<Item = &HandlerFile> {
    let client = pair(route).map(|(_, client)| client);
    is_registered(&route.server)
        .then_some(&route.server)
        .into_iter()
        .chain(client)
}

fn is_registered(file: &HandlerFile) -> bool {
    file.handler == Handler::Found
}

/// The two halves of a route, when both can be registered.
fn pair(route: &Route) -> Option<(&HandlerFile, &HandlerFile)> {
    let client = route.client.as_ref()?;
    (is_registered(&route.server) && is_registered(client)).then_some((&route.server, client))
}

/// `board`, `move_card`, `V1`.
fn id_place(route: &Route) -> Vec<String> {
    let mut place = route.server.place();
    place.truncate(place.len().saturating_sub(2));
    place.push(format!("V{}", route.version));
    place
}

/// `board::move_card::V1`, from inside `sync_routes`.
fn route_id(route: &Route) -> String {
    let place = id_place(route);
    let segments: Vec<String> = place.iter().map(|segment| as_written(segment)).collect();
    segments.join("::")
}

#[derive(Default)]
struct Tree {
    branches: BTreeMap<String, Tree>,
    /// What has this name here.
    leaves: Vec<(String, Leaf)>,
}

enum Leaf {
    /// A handler file's module.
    Module(String),
    /// A route's id: its type and value.
    Id(String),
}

impl Tree {
    fn insert(&mut self, place: &[String], leaf: Leaf) {
        match place {
            [] => {}
            [name] => self.leaves.push((name.clone(), leaf)),
            [branch, rest @ ..] => self
                .branches
                .entry(branch.clone())
                .or_default()
                .insert(rest, leaf),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "    ".repeat(depth);
        for (name, leaf) in &self.leaves {
            match leaf {
                Leaf::Module(module) => {
                    writeln!(f, "{indent}pub(crate) use crate::{module} as {name};")?;
                }
                Leaf::Id(id) => writeln!(f, "{indent}pub(crate) const {name}: {id};")?,
            }
        }
        for (branch, tree) in &self.branches {
            writeln!(f, "{indent}pub(crate) mod {} {{", as_written(branch))?;
            tree.write(f, depth + 1)?;
            writeln!(f, "{indent}}}")?;
        }
        Ok(())
    }
}

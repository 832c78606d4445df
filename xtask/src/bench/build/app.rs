//! An app of many routes, or of as many functions, in a folder of its own.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::handlers::{Edit, Handler, Style};
use crate::{
    process::{Failure, Result},
    workspace,
};

/// The settings of its front end.
const TSCONFIG: &str = r#"{
  "compilerOptions": {
    "strict": true,
    "exactOptionalPropertyTypes": true,
    "skipLibCheck": true,
    "noEmit": true,
    "target": "ES2022",
    "module": "ESNext",
    "moduleResolution": "bundler",
    "types": []
  },
  "include": ["*.ts"]
}
"#;

/// An app, as it is on the disk.
pub(super) struct App {
    root: PathBuf,
    style: Style,
    routes: usize,
    /// The target directory of all such apps: what they depend on is compiled once.
    target: PathBuf,
}

impl App {
    /// One that was written before.
    pub(super) fn at(folder: &Path, style: Style, routes: usize) -> Self {
        let name = match style {
            Style::Routes => "routes",
            Style::Table => "table",
            Style::Functions => "functions",
        };
        Self {
            root: folder.join(format!("{name}-{routes}")),
            style,
            routes,
            target: folder.join("target"),
        }
    }

    /// Writes it anew.
    pub(super) fn new(folder: &Path, style: Style, routes: usize) -> Result<Self> {
        let app = Self::at(folder, style, routes);
        if app.root.exists() {
            fs::remove_dir_all(&app.root).map_err(|error| app.failed(&error))?;
        }
        app.manifests(&app.name())?;
        app.write("src/lib.rs", &app.library())?;
        app.write("src/main.rs", &app.program(&app.name().replace('-', "_")))?;
        for number in 0..routes {
            app.edit(number, Edit::None)?;
        }
        app.link(None)?;
        let locked = workspace::root().join("Cargo.lock");
        fs::copy(locked, app.root.join("Cargo.lock")).map_err(|error| app.failed(&error))?;
        Ok(app)
    }

    pub(super) fn routes(&self) -> usize {
        self.routes
    }

    /// `cargo` in the app's folder.
    pub(super) fn cargo(&self) -> Command {
        let mut cargo = workspace::cargo();
        cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        cargo
    }

    /// Changes a handler, or puts it back as it was.
    pub(super) fn edit(&self, number: usize, edit: Edit) -> Result {
        for source in Handler(number).sources(self.style, edit) {
            self.write(&source.path, &source.text)?;
        }
        Ok(())
    }

    /// Adds a handler, beyond those that there are.
    pub(super) fn add(&self, number: usize) -> Result {
        self.edit(number, Edit::None)?;
        self.link(Some(number))
    }

    /// Takes it out again.
    pub(super) fn take_out(&self, number: usize) -> Result {
        for source in Handler(number).sources(self.style, Edit::None) {
            fs::remove_file(self.root.join(source.path)).map_err(|error| self.failed(&error))?;
        }
        self.link(None)
    }

    /// What sync-build has written, in bytes: the Rust that is included and the TypeScript.
    pub(super) fn generated(&self) -> Result<(u64, u64)> {
        let size = |path: &Path| Some(path.metadata().ok()?.len());
        let name = format!("{}-", self.name());
        let builds = fs::read_dir(self.target.join("debug/build")).map_err(|e| self.failed(&e))?;
        let out = builds
            .filter_map(std::result::Result::ok)
            .filter(|entry| {
                let folder = entry.file_name();
                folder
                    .to_string_lossy()
                    .strip_prefix(&name)
                    .is_some_and(|hash| !hash.contains('-'))
            })
            .filter_map(|entry| {
                let rust = entry.path().join("out/sync_routes.rs");
                Some((rust.metadata().ok()?.modified().ok()?, size(&rust)?))
            })
            .max();
        let typescript = size(&self.root.join("web/sync.gen.ts"));
        match (out, typescript) {
            (Some((_, rust)), Some(typescript)) => Ok((rust, typescript)),
            _ => Err(Failure::said(format!(
                "nothing was generated for {}",
                self.root.display()
            ))),
        }
    }

    /// Writes a front end beside the generated TypeScript that asks and hears so many of the routes, and
    /// gives its folder.
    pub(super) fn front_end(&self, used: usize) -> Result<PathBuf> {
        let text: String = (0..used).map(|number| Handler(number).in_use()).collect();
        self.write(
            "web/app.ts",
            &format!(
                "import {{ syncRequest, upsertSyncEventCallback }} from \"sync-client\";\n\n{text}"
            ),
        )?;
        let web = self.root.join("web");
        let packages = web.join("node_modules");
        if !packages.exists() {
            std::os::unix::fs::symlink(workspace::root().join("node_modules"), packages)
                .map_err(|error| self.failed(&error))?;
        }
        Ok(web)
    }

    /// What cargo knows it by.
    pub(super) fn name(&self) -> String {
        let name = self.root.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Names what there is: sync-build finds handler files, functions have to be listed.
    fn link(&self, added: Option<usize>) -> Result {
        if self.style == Style::Routes {
            return Ok(());
        }
        let mut pages: BTreeMap<String, String> = BTreeMap::new();
        let (mut calls, mut clients) = (String::new(), String::new());
        for handler in (0..self.routes).chain(added).map(Handler) {
            let route = handler.0;
            let page = pages.entry(handler.page()).or_default();
            _ = writeln!(page, "pub mod route{route};");
            let (call, client) = handler.in_table();
            calls.push_str(&call);
            clients.push_str(&client.unwrap_or_default());
        }
        let mut list = String::new();
        for (page, routes) in &pages {
            self.write(&format!("src/{page}/mod.rs"), routes)?;
            _ = writeln!(list, "#[path = \"{page}/mod.rs\"]\npub mod {page};");
        }
        self.write("src/pages.rs", &list)?;
        if self.style == Style::Functions {
            return Ok(());
        }
        self.write(
            "src/table.rs",
            &format!(
                "//! The functions by name.\n\nuse crate::{{Function, read, valid, write}};\n\n\
                 pub fn call(name: &str) -> Option<Function> {{\n    let function: Function = match name {{\n{calls}        \
                 _ => return None,\n    }};\n    Some(function)\n}}\n\n\
                 pub fn client(name: &str) -> Option<Function> {{\n    let function: Function = match name {{\n{clients}        \
                 _ => return None,\n    }};\n    Some(function)\n}}\n"
            ),
        )
    }

    fn manifests(&self, name: &str) -> Result {
        let root = workspace::root().display();
        let is_route = self.style == Style::Routes;
        let build =
            format!("\n[build-dependencies]\nsync-build = {{ path = \"{root}/sync-build\" }}\n");
        self.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
                 [workspace]\n{members}\n[dependencies]\naxum = \"0.8\"\ngarde = {{ version = \"0.23\", features = [\"derive\"] }}\n\
                 serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n\
                 sync-runtime = {{ path = \"{root}/sync-runtime\" }}\n\
                 tokio = {{ version = \"1\", features = [\"macros\", \"net\", \"rt-multi-thread\", \"sync\"] }}\nts-rs = \"12\"\n{build}\n\
                 [profile.dev.build-override]\ndebug = true\n",
                members = if is_route {
                    "members = [\"bindings\"]\ndefault-members = [\".\", \"bindings\"]\n"
                } else {
                    ""
                },
                build = if is_route { &build } else { "" },
            ),
        )?;
        if !is_route {
            return Ok(());
        }
        self.write("web/tsconfig.json", TSCONFIG)?;
        self.write(
            "build.rs",
            "fn main() {\n    sync_build::routes(\"src\");\n}\n",
        )?;
        self.write(
            "bindings/Cargo.toml",
            &format!(
                "[package]\nname = \"{name}-bindings\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
                 [build-dependencies]\n{name} = {{ path = \"..\" }}\n"
            ),
        )?;
        self.write("bindings/src/lib.rs", "//! Nothing.\n")?;
        let library = name.replace('-', "_");
        self.write(
            "bindings/build.rs",
            &format!(
                "fn main() {{\n    {library}::sync_routes::typescript(\"../web/sync.gen.ts\").emit();\n}}\n"
            ),
        )
    }

    fn library(&self) -> String {
        let linked = match self.style {
            Style::Routes => "sync_runtime::include_routes!(crate::AppState);\n",
            Style::Table => {
                "mod pages;\npub mod table;\npub use pages::*;\n\npub type Refused = (&'static str, u16);\n\n\
                 pub struct Call {\n    pub data: String,\n    pub user: User,\n    pub store: Store,\n}\n\n\
                 pub type Function = for<'a> fn(&'a Call) -> std::pin::Pin<Box<dyn Future<Output = Result<String, Refused>> + Send + 'a>>;\n\n\
                 pub fn read<T: serde::de::DeserializeOwned>(data: &str) -> Result<T, Refused> {\n    \
                 serde_json::from_str(data).map_err(|_| (\"invalid\", 400))\n}\n\n\
                 pub fn valid<T>(data: &str) -> Result<T, Refused>\nwhere\n    T: serde::de::DeserializeOwned + garde::Validate,\n    \
                 T::Context: Default,\n{\n    let read: T = read(data)?;\n    read.validate().map_err(|_| (\"invalid\", 400))?;\n    Ok(read)\n}\n\n\
                 pub fn write<T: serde::Serialize>(output: &T) -> Result<String, Refused> {\n    \
                 serde_json::to_string(output).map_err(|_| (\"failed\", 500))\n}\n"
            }
            Style::Functions => {
                "mod pages;\npub use pages::*;\n\npub type Refused = (&'static str, u16);\n"
            }
        };
        format!(
            "//! Moves cards.\n\nuse std::{{collections::HashMap, sync::Arc}};\n\nuse serde::{{Deserialize, Serialize}};\n\
             use tokio::sync::Mutex;\n\n{linked}\n\
             #[derive(Clone, Default)]\npub struct AppState {{\n    pub store: Store,\n}}\n\n\
             #[derive(Clone, Debug, Serialize, Deserialize)]\npub struct User {{\n    pub id: String,\n}}\n\n\
             impl sync_runtime::App for AppState {{\n    type User = User;\n}}\n\n\
             impl sync_runtime::SessionUser for User {{\n    fn user_id(&self) -> &str {{\n        &self.id\n    }}\n}}\n\n\
             impl sync_runtime::FromRef<AppState> for Store {{\n    fn from_ref(state: &AppState) -> Self {{\n        state.store.clone()\n    }}\n}}\n\n\
             #[derive(Clone, Default)]\npub struct Store {{\n    lanes: Arc<Mutex<HashMap<String, Vec<String>>>>,\n}}\n\n\
             impl Store {{\n    pub async fn contains(&self, card: &str) -> bool {{\n        \
             self.lanes.lock().await.values().flatten().any(|other| other == card)\n    }}\n\n    \
             pub async fn lane(&self, lane: &str) -> Vec<String> {{\n        \
             self.lanes.lock().await.get(lane).cloned().unwrap_or_default()\n    }}\n\n    \
             pub async fn put(&self, card: &str, lane: &str) {{\n        \
             self.lanes.lock().await.entry(lane.to_owned()).or_default().push(card.to_owned());\n    }}\n}}\n"
        )
    }

    /// The same server for all, so that all link the same.
    fn program(&self, library: &str) -> String {
        let (routes, more) = match self.style {
            Style::Routes => (format!("{library}::sync_routes::routes()"), ""),
            Style::Table => (
                "Routes::new()".to_owned(),
                ".route(\"/call/{*name}\", axum::routing::post(call))",
            ),
            Style::Functions => ("Routes::new()".to_owned(), ""),
        };
        let imports = match self.style {
            Style::Routes => {
                format!("use {library}::AppState;\nuse sync_runtime::{{Sessions, SyncServer}};")
            }
            _ => format!(
                "use {library}::AppState;\nuse sync_runtime::{{Routes, Sessions, SyncServer}};"
            ),
        };
        let call = match self.style {
            Style::Table => format!(
                "async fn call(axum::extract::Path(name): axum::extract::Path<String>, data: String) -> String {{\n    \
                 let call = {library}::Call {{ data, user: {library}::User {{ id: name.clone() }}, store: Default::default() }};\n    \
                 let Some(function) = {library}::table::call(&name) else {{ return String::new() }};\n    \
                 let Ok(output) = function(&call).await else {{ return String::new() }};\n    \
                 let Some(client) = {library}::table::client(&name) else {{ return output }};\n    \
                 client(&{library}::Call {{ data: output, ..call }}).await.unwrap_or_default()\n}}\n\n"
            ),
            _ => String::new(),
        };
        format!(
            "{imports}\n\n{call}#[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
             let sync = SyncServer::builder(AppState::default(), {routes}, Sessions::in_memory()).build()?;\n    \
             let listener = tokio::net::TcpListener::bind(\"127.0.0.1:0\").await?;\n    \
             let app = sync.mount(axum::Router::new(){more});\n    \
             axum::serve(listener, app).await?;\n    Ok(())\n}}\n"
        )
    }

    fn write(&self, path: &str, text: &str) -> Result {
        let path = self.root.join(path);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| Failure::said(format!("{}: {error}", path.display())))
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::said(format!("{}: {error}", self.root.display()))
    }
}

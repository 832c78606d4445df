//! The build script of an app under the real cargo, with a stand-in for the runtime that has just what
//! generated code asks for.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use common::{App, app};

/// The package is called after the test, because all share a target folder, and cargo takes two
/// workspaces with a root package of one name for the same.
const APP_MANIFEST: &str = r#"
[package]
name = "TEST"
version = "0.1.0"
edition = "2024"

[lib]
name = "app"

[dependencies]
sync-runtime = { path = 'STAND_INS/runtime' }

[build-dependencies]
sync-build = { path = 'SYNC_BUILD' }

[workspace]
"#;

const RUNTIME: &str = r#"
pub use macros::sync_handler;
use std::{marker::PhantomData, path::Path};

pub struct Routes<A>(PhantomData<A>);

impl<A> Routes<A> {
    #[expect(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A> codegen::RouteList<A> for Routes<A> {
    fn server<S>(self, _: codegen::RouteId<S>) -> Self {
        self
    }
    fn pair<S, C>(self, _: codegen::RouteId<S, C>) -> Self {
        self
    }
}

pub mod codegen {
    pub use crate::no_handler;

    pub struct RouteId<S, C = ()> {
        pub(crate) name: &'static str,
        pub(crate) version: u32,
        handlers: super::PhantomData<(S, C)>,
    }

    pub const fn route<S, C>(name: &'static str, version: u32) -> RouteId<S, C> {
        RouteId { name, version, handlers: super::PhantomData }
    }

    pub trait RouteList<A>: Sized {
        #[must_use]
        fn server<S>(self, id: RouteId<S>) -> Self;
        #[must_use]
        fn pair<S, C>(self, id: RouteId<S, C>) -> Self;
    }

    pub struct TypeScript(pub Vec<String>);

    impl TypeScript {
        pub fn new(routes: Vec<String>, _path: impl AsRef<super::Path>) -> Self {
            Self(routes)
        }
    }

    impl<A> RouteList<A> for TypeScript {
        fn server<S>(mut self, id: RouteId<S>) -> Self {
            self.0.push(format!("{} v{}: server", id.name, id.version));
            self
        }
        fn pair<S, C>(mut self, id: RouteId<S, C>) -> Self {
            self.0.push(format!("{} v{}: server, client", id.name, id.version));
            self
        }
    }
}

#[macro_export]
macro_rules! no_handler {
    ($file:literal) => {
        compile_error!(concat!("no handler in ", $file));
    };
}
"#;

const MACROS: &str = r#"
use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn sync_handler(_: TokenStream, function: TokenStream) -> TokenStream {
    let rest = "
        pub(crate) struct __SyncHandler;
        const _: () = { let _ = main; };
        #[allow(unused_macros)] macro_rules! __sync_pair { ($taken:ty, $server:ty) => { const _: Option<($taken, $server)> = None; } }
        pub(crate) type __SyncTaken = ();
        #[allow(unused_imports)] pub(crate) use __sync_pair;
    ";
    let mut all = function;
    all.extend(rest.parse::<TokenStream>());
    all
}
"#;

/// Strict about everything that generated code could be blamed for.
const LIB: &str = r#"//! An app.
#![deny(warnings, missing_docs, unreachable_pub, unused, clippy::all, clippy::pedantic)]

#[doc(hidden)]
pub mod __sync {
    pub type App = crate::State;
}
include!(env!("__SYNC_ROUTES"));

/// What the handlers share.
#[derive(Debug)]
pub struct State;
"#;

const MAIN: &str = r#"//! Prints the routes.
fn main() {
    for route in app::sync_routes::typescript("routes.ts").0 {
        println!("{route}");
    }
}
"#;

const HANDLER: &str = "#[sync_runtime::sync_handler(auth = none)]\npub(crate) async fn main() {}\n";

/// The folder of the stand-ins: one for all tests, so that they are compiled once.
static STAND_INS: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stand-ins");
    let manifest = |name: &str, rest: &str| {
        format!("[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
    };
    for (file, text) in [
        (
            "runtime/Cargo.toml",
            manifest(
                "sync-runtime",
                "[dependencies]\nmacros = { path = \"../macros\" }\n",
            ),
        ),
        ("runtime/src/lib.rs", RUNTIME.to_owned()),
        (
            "macros/Cargo.toml",
            manifest("macros", "[lib]\nproc-macro = true\n"),
        ),
        ("macros/src/lib.rs", MACROS.to_owned()),
    ] {
        let path = folder.join(file);
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            fs::create_dir_all(path.parent().expect("in a folder")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
    }
    folder
});

/// An app that is strict with its code, with these handler files.
fn strict_app(test: &str, handlers: &[&str]) -> App {
    let app = app([]);
    let this = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = APP_MANIFEST
        .replace("TEST", test)
        .replace("STAND_INS", &STAND_INS.display().to_string())
        .replace("SYNC_BUILD", &this.display().to_string());
    app.write("Cargo.toml", &manifest);
    app.write(
        "build.rs",
        "fn main() {\n    sync_build::routes(\"src\");\n}\n",
    );
    app.write("src/lib.rs", LIB);
    app.write("src/main.rs", MAIN);
    // The dependencies of sync-build, as they are here: nothing has to be downloaded.
    let lock = this.join("../Cargo.lock");
    if lock.is_file() {
        fs::copy(lock, app.file("Cargo.lock")).expect("the app's folder is there");
    }
    for handler in handlers {
        app.write(handler, HANDLER);
    }
    app
}

struct Ran {
    success: bool,
    stdout: String,
    stderr: String,
}

fn cargo(app: &App, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .current_dir(app.path())
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("build-script"),
        )
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs these tests as well");
    Ran {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The routes that the built app has, one a line.
#[track_caller]
fn routes(app: &App) -> String {
    let ran = cargo(app, &["run", "--quiet"]);
    assert!(ran.success, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn routes_come_change_and_go_with_their_files_wherever_they_are() {
    let app = strict_app(
        "comings-and-goings",
        &["src/board/_sync/moveCard_server_v1.rs"],
    );
    assert_eq!(routes(&app), "board/moveCard v1: server\n");

    // In a `_sync` folder that is there, in a new one on a page that is there, on a new page.
    app.write("src/board/_sync/moveCard_client_v1.rs", HANDLER);
    app.write("src/_sync/ping_server_v1.rs", HANDLER);
    app.write("src/admin/settings/_sync/rename_server_v1.rs", HANDLER);
    assert_eq!(
        routes(&app),
        "admin/settings/rename v1: server\nboard/moveCard v1: server, client\nsystem/ping v1: server\n"
    );

    fs::rename(
        app.file("src/_sync/ping_server_v1.rs"),
        app.file("src/_sync/pong_server_v1.rs"),
    )
    .expect("it is there");
    fs::remove_file(app.file("src/board/_sync/moveCard_client_v1.rs")).expect("it is there");
    fs::remove_dir_all(app.file("src/admin")).expect("it is there");
    assert_eq!(
        routes(&app),
        "board/moveCard v1: server\nsystem/pong v1: server\n"
    );
}

#[test]
fn generated_code_has_nothing_for_a_strict_app_to_complain_about() {
    let app = strict_app(
        "lints",
        &[
            "src/type/_sync/match_server_v1.rs",
            "src/std/my-page/_sync/HTTPPing_server_v1.rs",
            "src/std/my-page/_sync/HTTPPing_client_v1.rs",
            "src/routes/_sync/route_server_v1.rs",
            "src/sync_runtime/_sync/x__y_server_v1.rs",
        ],
    );
    let ran = cargo(&app, &["clippy", "--quiet"]);
    assert!(ran.success && ran.stderr.is_empty(), "{}", ran.stderr);
}

#[test]
fn every_mistake_is_shown_by_cargo_until_it_is_put_right() {
    let app = strict_app(
        "mistakes",
        &[
            "src/board/_sync/moveCard_sever_v1.rs",
            "src/board/_sync/showCard_client_v1.rs",
        ],
    );
    let expected = "error: mistakes@0.1.0: src/board/_sync/moveCard_sever_v1.rs: not the name of a handler file: rename it \
                    to `moveCard_server_v1.rs`\n\
                    error: mistakes@0.1.0: src/board/_sync/showCard_client_v1.rs: `_client` file without a server file: \
                    add `showCard_server_v1.rs` beside it, or delete this one\n\
                    error: build script logged errors\n";
    for _ in 0..2 {
        let ran = cargo(&app, &["check", "--quiet"]);
        assert!(!ran.success);
        assert_eq!(ran.stderr, expected);
    }

    fs::rename(
        app.file("src/board/_sync/moveCard_sever_v1.rs"),
        app.file("src/board/_sync/moveCard_server_v1.rs"),
    )
    .expect("it is there");
    fs::remove_file(app.file("src/board/_sync/showCard_client_v1.rs")).expect("it is there");
    assert_eq!(routes(&app), "board/moveCard v1: server\n");
}

#[test]
fn a_file_without_a_handler_is_one_error_of_the_compiler_and_the_build_script_goes_on() {
    let app = strict_app("no-handler", &["src/board/_sync/moveCard_server_v1.rs"]);
    app.write("src/board/_sync/showCard_server_v1.rs", "// to do\n");
    let ran = cargo(&app, &["check", "--quiet"]);
    let errors: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert_eq!(
        errors,
        [
            "error: no handler in src/board/_sync/showCard_server_v1.rs",
            "error: could not compile `no-handler` (lib) due to 1 previous error",
        ],
        "{}",
        ran.stderr
    );

    app.write("src/board/_sync/showCard_server_v1.rs", HANDLER);
    assert_eq!(
        routes(&app),
        "board/moveCard v1: server\nboard/showCard v1: server\n"
    );
}

#[test]
fn nothing_is_done_again_when_nothing_changed() {
    let app = strict_app("unchanged", &["src/board/_sync/moveCard_server_v1.rs"]);
    routes(&app);
    let ran = cargo(&app, &["build", "--verbose"]);
    assert!(ran.success);
    assert!(
        !ran.stderr.contains("Dirty") && !ran.stderr.contains("Running"),
        "{}",
        ran.stderr
    );
}

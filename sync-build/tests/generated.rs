//! The generated Rust: what it says, and that it says the same thing every time.

mod common;

use std::fs;
use std::path::Path;

use common::{SERVER, app};
use sync_build::configure;

#[test]
fn the_generated_code_of_an_app_reads_like_this() {
    let app = app([
        "src/_sync/ping_server_v1.rs",
        "src/board/_sync/moveCard_server_v1.rs",
        "src/board/_sync/moveCard_server_v2.rs",
        "src/board/_sync/showCard_server_v1.rs",
        "src/board/_sync/showCard_client_v1.rs",
        "src/admin/settings/_sync/rename_server_v1.rs",
    ]);
    insta::assert_snapshot!(app.rust());
}

#[test]
fn an_app_without_routes_reads_like_this() {
    insta::assert_snapshot!(app([]).rust());
}

#[test]
fn a_page_or_route_with_the_name_of_a_keyword_is_written_raw() {
    let app = app(["src/type/_sync/match_server_v1.rs"]);
    let rust = app.rust();
    assert!(rust.contains("mod type_match_server_v1;"), "{rust}");
    assert!(rust.contains(".server(r#type::r#match::V1)"), "{rust}");
    assert!(
        rust.contains("    pub(crate) mod r#type {\n        pub(crate) mod r#match {\n"),
        "{rust}"
    );
}

#[test]
fn a_file_without_a_handler_is_linked_and_reported_where_the_compiler_runs() {
    let app = app([
        "src/board/_sync/moveCard_server_v1.rs",
        "src/board/_sync/moveCard_client_v1.rs",
    ]);
    app.write(
        "src/board/_sync/moveCard_server_v1.rs",
        "pub struct MoveCard;",
    );
    let rust = app.rust();
    assert!(rust.contains("mod board_move_card_server_v1;"), "{rust}");
    assert!(
        rust.contains(
            "::sync_runtime::codegen::no_handler!(\"src/board/_sync/moveCard_server_v1.rs\");"
        ),
        "{rust}"
    );
    assert!(
        !rust.contains("__SyncHandler"),
        "nothing can be registered:\n{rust}"
    );
}

#[test]
fn a_file_that_does_not_parse_is_linked_so_that_rustc_explains_it() {
    let app = app(["src/board/_sync/moveCard_server_v1.rs"]);
    app.write(
        "src/board/_sync/moveCard_server_v1.rs",
        "pub async fn main( {",
    );
    let rust = app.rust();
    assert!(rust.contains("mod board_move_card_server_v1;"), "{rust}");
    assert!(!rust.contains("no_handler"), "{rust}");
    assert!(!rust.contains("__SyncHandler"), "{rust}");
}

#[test]
fn a_pair_whose_client_file_has_no_handler_is_registered_without_it() {
    let app = app([
        "src/board/_sync/showCard_server_v1.rs",
        "src/board/_sync/showCard_client_v1.rs",
    ]);
    app.write("src/board/_sync/showCard_client_v1.rs", "");
    let rust = app.rust();
    assert!(rust.contains(".server(board::show_card::V1)"), "{rust}");
    assert!(
        rust.contains("V1: ::sync_runtime::codegen::RouteId<v1::server::__SyncHandler> ="),
        "{rust}"
    );
    assert!(
        rust.contains("no_handler!(\"src/board/_sync/showCard_client_v1.rs\")"),
        "{rust}"
    );
    assert!(!rust.contains("__sync_pair!"), "{rust}");
}

#[test]
fn generated_code_is_rust_and_allows_nothing() {
    let app = app([
        "src/_sync/ping_server_v1.rs",
        "src/my-page/_sync/HTTPPing_server_v1.rs",
        "src/type/_sync/match_server_v1.rs",
        "src/type/_sync/match_client_v1.rs",
        "src/board/_sync/empty_server_v1.rs",
    ]);
    app.write("src/board/_sync/empty_server_v1.rs", "");
    let rust = app.rust();
    assert!(
        !rust.contains("allow"),
        "an `allow` on a module reaches into the file of the developer:\n{rust}"
    );
    if let Err(error) = syn::parse_file(&rust) {
        panic!("{error}:\n{rust}");
    }
}

#[test]
fn a_path_with_quotes_or_backslashes_stays_one_string() {
    let model = sync_build::discover::discover(
        app(["src/_sync/ping_server_v1.rs"]).path(),
        Path::new("src"),
    )
    .expect("nothing is wrong");
    let package = Path::new(r#"C:\Users\ada "the" dev"#);
    let rust = sync_build::emit::rust(
        &model,
        sync_build::emit::RustNames {
            package,
            runtime: "::sync_runtime",
        },
    );
    assert!(
        rust.contains(r#"#[path = "C:\\Users\\ada \"the\" dev"#),
        "{rust}"
    );
    syn::parse_file(&rust).expect("the path is escaped");
}

#[test]
fn the_same_files_give_the_same_bytes_in_whatever_order_they_came() {
    let files = [
        "src/board/_sync/showCard_server_v1.rs",
        "src/board/_sync/showCard_client_v1.rs",
        "src/board/_sync/moveCard_server_v10.rs",
        "src/board/_sync/moveCard_server_v2.rs",
        "src/_sync/ping_server_v1.rs",
    ];
    let forwards = app(files);
    let backwards = app(files.into_iter().rev());
    assert_eq!(forwards.rust(), backwards.rust());
    assert!(
        !forwards
            .rust()
            .contains(&forwards.path().display().to_string()),
        "no path but the package's"
    );
}

#[test]
fn a_renamed_runtime_is_called_by_its_name() {
    let app = app(["src/_sync/ping_server_v1.rs", "src/_sync/pong_server_v1.rs"]);
    app.write("src/_sync/pong_server_v1.rs", "");
    let out = tempfile::tempdir().expect("a folder");
    assert!(
        configure()
            .runtime("::live")
            .run_in(app.path(), out.path())
            .errors
            .is_empty()
    );
    let rust = fs::read_to_string(out.path().join("sync_routes.rs")).expect("it was written");
    assert!(!rust.contains("sync_runtime"), "{rust}");
    assert!(
        rust.contains("::live::Routes<crate::__sync::App>"),
        "{rust}"
    );
}

#[test]
fn the_file_is_written_only_when_it_changed() {
    let app = app(["src/board/_sync/moveCard_server_v1.rs"]);
    let out = tempfile::tempdir().expect("a folder");
    let file = out.path().join("sync_routes.rs");
    let build = || {
        let outcome = configure().source("src").run_in(app.path(), out.path());
        assert!(outcome.errors.is_empty(), "{outcome:?}");
    };
    build();
    // A time that no later write can have.
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
    let age = || {
        fs::File::options()
            .write(true)
            .open(&file)
            .and_then(|file| file.set_modified(long_ago))
            .expect("it is there");
    };
    let is_untouched = || {
        fs::metadata(&file)
            .and_then(|file| file.modified())
            .expect("it is there")
            == long_ago
    };
    age();
    app.write(
        "src/board/_sync/moveCard_server_v1.rs",
        &format!("// a remark\n{SERVER}"),
    );
    build();
    assert!(
        is_untouched(),
        "a handler's body is not in the generated file"
    );
    app.write("src/board/_sync/showCard_server_v1.rs", SERVER);
    build();
    assert!(!is_untouched(), "a new route is");
}

#[test]
fn a_handler_outside_of_sync_folders_is_a_warning_that_says_where_it_belongs() {
    let app = app([
        "src/poll/create_server_v1.rs",
        "src/poll/sync/close_client_v1.rs",
        "src/poll/_sync/vote_server_v1.rs",
        "src/poll/_sync/_lib/old_server_v1.rs",
        "src/poll/create_server.rs",
    ]);
    app.write("src/mail/smtp_client_v1.rs", "pub struct Smtp;");
    let out = tempfile::tempdir().expect("a folder");
    let outcome = configure().run_in(app.path(), out.path());
    assert_eq!(outcome.errors, [""; 0]);
    assert_eq!(
        outcome.warnings,
        [
            "src/poll/create_server_v1.rs: a handler, but no route: handler files lie in folders called `_sync`, and \
             this one belongs to `src/poll/_sync/create_server_v1.rs`",
            "src/poll/sync/close_client_v1.rs: a handler, but no route: handler files lie in folders called `_sync`, \
             and this one belongs to `src/poll/_sync/close_client_v1.rs`",
        ]
    );
    let warnings = outcome.directives();
    assert!(warnings.contains("\ncargo::warning=src/poll/create_server_v1.rs: a handler"));
    assert!(out.path().join("sync_routes.rs").exists());
}

#[test]
fn mistakes_are_told_to_cargo_one_a_line_and_nothing_is_written() {
    let app = app([
        "src/board/_sync/moveCard_sever_v1.rs",
        "src/board/_sync/lost\n_client_v1.rs",
    ]);
    let out = tempfile::tempdir().expect("a folder");
    let outcome = configure().run_in(app.path(), out.path());
    assert_eq!(
        outcome
            .directives()
            .replace(&out.path().display().to_string(), "OUT"),
        "cargo::rerun-if-changed=src\n\
         cargo::rustc-env=__SYNC_ROUTES=OUT/sync_routes.rs\n\
         cargo::error=src/board/_sync/lost _client_v1.rs: `lost ` cannot be the name of a route, which starts with a \
         letter (a-z, A-Z) and goes on with letters, digits and `_`: rename it to `lost_client_v1.rs`\n\
         cargo::error=src/board/_sync/moveCard_sever_v1.rs: not the name of a handler file: rename it to \
         `moveCard_server_v1.rs`\n"
    );
    assert!(!out.path().join("sync_routes.rs").exists());
}

//! `cargo sync fmt`, as people run it.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::{App, app};

const UGLY: &str = "pub async fn main( ) { }\n";
const NEAT: &str = "pub async fn main() {}\n";
/// Only editions from 2024 on sort like this.
const SORTED_AS_IN_2024: &str = "use std::num::{NonZeroU8, NonZeroU16};\n";
const SORTED_AS_IN_2021: &str = "use std::num::{NonZeroU16, NonZeroU8};\n";

fn package(app: &App, folder: &str, edition: &str) {
    let name = folder.replace(['/', '.'], "-");
    app.write(
        &format!("{folder}/Cargo.toml"),
        &format!("[package]\nname = \"x{name}\"\nversion = \"0.1.0\"\nedition = \"{edition}\"\n\n[workspace]\n"),
    );
    app.write(&format!("{folder}/src/lib.rs"), "//! An app.\n");
}

fn cargo_sync(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-sync"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it was built for this test")
}

fn read(app: &App, file: &str) -> String {
    fs::read_to_string(app.file(file)).expect("it is there")
}

#[test]
fn handler_files_are_formatted_with_their_helpers_and_tests_and_the_rest_of_the_package() {
    let app = app([]);
    package(&app, ".", "2024");
    let files = [
        "src/lib.rs",
        "src/board/_sync/moveCard_server_v1.rs",
        "src/board/_sync/_lib/lanes.rs",
        "src/board/_sync/moveCard_server_v1_test.rs",
    ];
    for file in files {
        app.write(file, UGLY);
    }
    let left_alone = [
        "notes/ugly.rs",
        "target/_sync/x.rs",
        "web/node_modules/_sync/x.rs",
    ];
    for file in left_alone {
        app.write(file, UGLY);
    }
    app.write("target/CACHEDIR.TAG", "");

    let output = cargo_sync(app.path(), &["sync", "fmt"]);
    assert!(output.status.success(), "{output:?}");
    for file in files {
        assert_eq!(read(&app, file), NEAT, "{file}");
    }
    for file in left_alone {
        assert_eq!(read(&app, file), UGLY, "{file}");
    }
}

#[test]
fn a_check_fails_shows_what_would_change_and_changes_nothing() {
    let app = app([]);
    package(&app, ".", "2024");
    app.write("src/board/_sync/moveCard_server_v1.rs", UGLY);

    let output = cargo_sync(app.path(), &["fmt", "--check"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        shown.contains("moveCard_server_v1.rs") && shown.contains("+pub async fn main() {}"),
        "{shown}"
    );
    assert_eq!(read(&app, "src/board/_sync/moveCard_server_v1.rs"), UGLY);

    app.write("src/board/_sync/moveCard_server_v1.rs", NEAT);
    let output = cargo_sync(app.path(), &["fmt", "--check"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn each_package_below_a_folder_is_formatted_in_its_own_edition() {
    let app = app([]);
    package(&app, "apps/new", "2024");
    package(&app, "apps/old", "2021");
    app.write("apps/new/src/_sync/ping_server_v1.rs", SORTED_AS_IN_2021);
    app.write("apps/old/src/_sync/ping_server_v1.rs", SORTED_AS_IN_2024);

    let output = cargo_sync(app.path(), &["sync", "fmt", "apps"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        read(&app, "apps/new/src/_sync/ping_server_v1.rs"),
        SORTED_AS_IN_2024
    );
    assert_eq!(
        read(&app, "apps/old/src/_sync/ping_server_v1.rs"),
        SORTED_AS_IN_2021
    );
}

#[test]
fn one_sync_folder_can_be_formatted_by_itself() {
    let app = app([]);
    package(&app, ".", "2024");
    app.write("src/board/_sync/moveCard_server_v1.rs", UGLY);
    assert!(
        cargo_sync(&app.file("src/board"), &["sync", "fmt", "_sync"])
            .status
            .success()
    );
    assert_eq!(read(&app, "src/board/_sync/moveCard_server_v1.rs"), NEAT);
}

#[test]
fn a_folder_in_which_there_is_nothing_to_format_is_an_error_and_not_a_check_that_passes() {
    let app = app([]);
    package(&app, ".", "2024");
    let output = cargo_sync(app.path(), &["sync", "fmt", "--check", "src"]);
    assert_eq!(output.status.code(), Some(2));
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(
        shown.starts_with("error: no `_sync` folder with Rust files in "),
        "{shown}"
    );
}

#[test]
fn a_mistyped_command_is_told_the_usage() {
    let app = app([]);
    for (arguments, error) in [
        (
            &["sync", "format"][..],
            "error: `format` is not a command\n",
        ),
        (
            &["sync", "fmt", "--chekc"],
            "error: `--chekc` is not an option\n",
        ),
        (
            &["sync", "fmt", "a", "b"],
            "error: `b` is one folder too many\n",
        ),
        (&["sync"], "error: no command given\n"),
    ] {
        let output = cargo_sync(app.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(
            shown.starts_with(error) && shown.contains("Usage: cargo sync fmt"),
            "{shown}"
        );
    }
    let help = cargo_sync(app.path(), &["sync", "fmt", "--help"]);
    assert!(help.status.success() && help.stdout.starts_with(b"Formats packages"));
}

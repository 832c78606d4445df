//! When the file on disk is written, and when it is stale.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use sync_runtime::typescript::{RouteTypes, TypeScript, TypeSink, Written};

use crate::{broad, render};

/// A new folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("typescript-file")
        .join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_file_that_is_right_is_not_touched() {
    let folder = folder("untouched");
    let file = folder.join("sync.gen.ts");
    let typescript = TypeScript::new(broad(), &file);
    assert_eq!(typescript.write().unwrap(), Written::Changed);
    assert_eq!(fs::read_to_string(&file).unwrap(), render(broad()));

    // Not even replaced by an equal one, which watchers would take for a change.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    let opened = fs::File::options().write(true).open(&file).unwrap();
    opened.set_modified(long_ago).unwrap();
    assert_eq!(typescript.write().unwrap(), Written::Unchanged);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), long_ago);

    assert_eq!(
        TypeScript::new(Vec::new(), &file).write().unwrap(),
        Written::Changed
    );
    let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn line_ends_of_a_windows_checkout_are_no_difference() {
    let file = folder("windows").join("sync.gen.ts");
    fs::write(&file, render(broad()).replace('\n', "\r\n")).unwrap();
    let typescript = TypeScript::new(broad(), &file);
    typescript.check().unwrap();
    assert_eq!(typescript.write().unwrap(), Written::Unchanged);
}

#[test]
fn a_stale_file_is_told_with_what_to_do() {
    let file = folder("stale").join("sync.gen.ts");
    let told = |typescript: &TypeScript| {
        let message = typescript.check().unwrap_err().to_string();
        message.replace(&file.display().to_string(), "sync.gen.ts")
    };
    let typescript = TypeScript::new(broad(), &file);
    insta::assert_snapshot!(told(&typescript), @r#"`sync.gen.ts` is missing: run `cargo build` at the root of the workspace and commit it"#);

    TypeScript::new(Vec::new(), &file).write().unwrap();
    insta::assert_snapshot!(told(&typescript), @r#"`sync.gen.ts` is out of date (line 5 should be `export type Adjacent = { "kind": "At", "value": Point } | { "kind": "Gone" };`): run `cargo build` at the root of the workspace and commit it"#);

    let before = fs::read_to_string(&file).unwrap();
    let mut unsupported = RouteTypes::new("board/count", 1);
    unsupported.server_output::<u32>();
    let unsupported = TypeScript::new(vec![unsupported], &file);
    insta::assert_snapshot!(told(&unsupported), @r#"the server output of `board/count` v1, `u32`, is not a JSON object: in TypeScript it can be `number`. Wrap it in a struct with named fields"#);
    unsupported.write().unwrap_err();
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn a_missing_folder_is_an_error_and_is_not_made() {
    let folder = folder("missing");
    let file = folder.join("wbe").join("sync.gen.ts");
    let message = TypeScript::new(broad(), file)
        .write()
        .unwrap_err()
        .to_string();
    insta::assert_snapshot!(
        message.replace(&folder.display().to_string(), "."),
        @r#"`./wbe/sync.gen.ts` cannot be written: there is no folder `./wbe`"#
    );
    assert!(!folder.join("wbe").exists());
}

/// Stands for a build script: it runs in a process of its own, so that its output can be read.
#[test]
#[ignore = "run by the test below"]
fn as_a_build_script() {
    let mut route = RouteTypes::new("board/count", 1);
    if env::var_os("COUNT_IS_A_NUMBER").is_some() {
        route.server_output::<u32>();
    }
    TypeScript::new(vec![route], "sync.gen.ts").emit();
}

#[test]
fn a_build_script_writes_the_file_and_tells_cargo() {
    let folder = folder("build-script");
    let file = folder.join("sync.gen.ts");
    let run = |variables: &[&str]| {
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "file::as_a_build_script",
                "--ignored",
                "--nocapture",
            ])
            .env("CARGO_MANIFEST_DIR", &folder)
            .envs(variables.iter().map(|variable| (variable, "1")))
            .output()
            .unwrap();
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).unwrap();
        let lines = said.lines().filter(|line| line.starts_with("cargo::"));
        let lines = lines.collect::<Vec<_>>().join("\n");
        lines.replace(&folder.display().to_string(), ".")
    };

    insta::assert_snapshot!(run(&["SYNC_TYPESCRIPT_CHECK"]), @r#"
    cargo::rerun-if-changed=./sync.gen.ts
    cargo::rerun-if-env-changed=SYNC_TYPESCRIPT_CHECK
    cargo::error=`./sync.gen.ts` is missing: run `cargo build` at the root of the workspace and commit it
    "#);
    assert!(!file.exists());
    insta::assert_snapshot!(run(&[]), @r#"
    cargo::rerun-if-changed=./sync.gen.ts
    cargo::rerun-if-env-changed=SYNC_TYPESCRIPT_CHECK
    "#);
    assert!(file.exists());
    let before = fs::read_to_string(&file).unwrap();
    insta::assert_snapshot!(run(&["COUNT_IS_A_NUMBER"]), @r#"
    cargo::rerun-if-changed=./sync.gen.ts
    cargo::rerun-if-env-changed=SYNC_TYPESCRIPT_CHECK
    cargo::error=the server output of `board/count` v1, `u32`, is not a JSON object: in TypeScript it can be `number`. Wrap it in a struct with named fields
    "#);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

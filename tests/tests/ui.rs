//! What the compiler says to the developer of a handler: `ui/pass` compiles, `ui/fail` does not.
//!
//! Each file of `ui/fail` holds one mistake, and the `.stderr` file beside it what is said of it, one
//! error. `TRYBUILD=overwrite cargo test -p sync-tests --test ui` writes what is said today; it is
//! then to be read as one reads the text of a product.

#[path = "ui/app/mod.rs"]
mod app;

// Handler files that compile are modules of this test: it costs less than to have trybuild build
// every dependency once more, in order to link them.
#[path = "ui/pass/everything_server_v1.rs"]
mod everything_server_v1;
#[path = "ui/pass/nothing_server_v1.rs"]
mod nothing_server_v1;
#[path = "ui/pass/shown_client_v1.rs"]
mod shown_client_v1;
#[path = "ui/pass/shown_server_v1.rs"]
mod shown_server_v1;
#[path = "ui/pass/silent_client_v1.rs"]
mod silent_client_v1;
#[path = "ui/pass/streams_server_v1.rs"]
mod streams_server_v1;

use std::{fs, io, process::Command};

use sync_runtime::codegen::{RouteList, TypeScript, route};

/// The compiler that worded the expected texts: others lay them out differently.
const WORDED_BY: &[u8] = b"rustc 1.95.";

mod __sync {
    pub(crate) type App = crate::app::AppState;
}

shown_client_v1::__sync_pair!(
    crate::shown_client_v1::__SyncTaken,
    crate::shown_server_v1::__SyncHandler
);
silent_client_v1::__sync_pair!(
    crate::silent_client_v1::__SyncTaken,
    crate::shown_server_v1::__SyncHandler
);

#[test]
fn handlers_without_a_mistake_compile_and_describe_themselves() {
    let typescript = TypeScript::new(Vec::new(), "unused.ts")
        .server::<everything_server_v1::__SyncHandler>(route("everything", 1))
        .server::<streams_server_v1::__SyncHandler>(route("streams", 1))
        .server::<nothing_server_v1::__SyncHandler>(route("nothing", 1))
        .pair::<shown_server_v1::__SyncHandler, shown_client_v1::__SyncHandler>(route("shown", 1))
        .pair::<shown_server_v1::__SyncHandler, silent_client_v1::__SyncHandler>(route("shown", 2));
    let typescript = typescript.render().expect("the types have no problem");
    for said in [
        r#"errorCode: "board.cardNotFound" | "board.laneFull" | "board.locked" | "board.noSuchLane";"#,
        r#"errorCode: "board.notForYou";"#,
        "input: everything_server_v1.MoveCard;",
        "serverOutput: everything_server_v1.CardMoved;",
        "serverStream: streams_server_v1.Progress;",
        "roomStream: Chunk | streams_server_v1.Progress;",
        "clientStream: Chunk;",
        "serverOutput: shown_server_v1.CardShown;",
        "clientOutput: shown_client_v1.CardForRecipient;",
    ] {
        assert!(typescript.contains(said), "no `{said}` in:\n{typescript}");
    }
}

#[test]
fn each_mistake_is_one_error_that_says_what_to_do() -> io::Result<()> {
    let compiler = Command::new("rustc").arg("--version").output()?.stdout;
    if !compiler.starts_with(WORDED_BY) {
        let compiler = String::from_utf8_lossy(&compiler);
        eprintln!("skipped: the compiler is {compiler}");
        return Ok(());
    }
    // By a relative path: only with one does trybuild keep the line and column of an error.
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");

    for entry in fs::read_dir("tests/ui/fail")? {
        let path = entry?.path();
        if path.extension().is_none_or(|kind| kind != "rs") {
            continue;
        }
        let said = fs::read_to_string(path.with_extension("stderr"))?;
        let begin_with = |word| said.lines().filter(|line| line.starts_with(word)).count();
        let (errors, warnings) = (begin_with("error"), begin_with("warning"));
        assert_eq!((errors, warnings), (1, 0), "in {}", path.display());
    }
    Ok(())
}

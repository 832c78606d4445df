//! From an edit in a handler file to the front end, by `cargo build` alone.

use std::{fs, io, time::SystemTime};

use sync_tests::app::App;

const HANDLER: &str = "src/board/_sync/moveCard_server_v1.rs";
const GENERATED: &str = "web/src/sync.gen.ts";

fn small_app(test: &str) -> io::Result<App> {
    let app = App::fixture(env!("CARGO_TARGET_TMPDIR"), "small-app", test)?;
    app.build()?.succeeded();
    Ok(app)
}

fn written(app: &App) -> io::Result<SystemTime> {
    fs::metadata(app.root().join(GENERATED))?.modified()
}

#[test]
fn a_changed_output_fails_the_front_end_exactly_where_it_is_used() -> io::Result<()> {
    let app = small_app("changed-output")?;
    assert!(app.read(GENERATED)?.contains("movedBy: string"));
    app.type_check("web")?.succeeded();

    app.replace(HANDLER, "moved_by", "mover_id")?;
    app.build()?.succeeded();
    let generated = app.read(GENERATED)?;
    assert!(generated.contains("moverId: string"), "{generated}");
    assert!(!generated.contains("movedBy"), "{generated}");

    let check = app.type_check("web")?;
    assert!(!check.success, "the front end still compiles");
    let errors: Vec<_> = check
        .text
        .lines()
        .filter(|line| line.contains("error TS"))
        .collect();
    assert_eq!(errors.len(), 1, "{}", check.text);
    let line = 1 + app
        .read("web/src/main.ts")?
        .lines()
        .position(|line| line.contains("movedBy"))
        .unwrap_or_default();
    assert!(
        errors[0].starts_with(&format!("web/src/main.ts({line},")),
        "{}",
        check.text
    );
    assert!(errors[0].contains("'movedBy'"), "{}", check.text);

    app.replace(HANDLER, "mover_id", "moved_by")?;
    app.build()?.succeeded();
    app.type_check("web")?.succeeded();
    Ok(())
}

#[test]
fn a_changed_input_fails_the_front_end_too() -> io::Result<()> {
    let app = small_app("changed-input")?;
    app.replace(
        HANDLER,
        "    to_lane: String,\n}\n\n#[derive(Serialize",
        "    to_lane: String,\n    position: u32,\n}\n\n#[derive(Serialize",
    )?;
    app.build()?.succeeded();
    let check = app.type_check("web")?;
    assert!(check.text.contains("position"), "{}", check.text);
    assert!(!check.success);
    Ok(())
}

#[test]
fn a_new_handler_file_is_a_route_and_a_deleted_one_is_none() -> io::Result<()> {
    const NEW: &str = "src/chat/rooms/_sync/sendMessage_server_v2.rs";
    let app = small_app("new-file")?;
    let before = app.read(GENERATED)?;
    assert!(!before.contains("sendMessage"));

    app.write(
        NEW,
        r"use sync_runtime::prelude::*;

#[derive(Deserialize, TS)]
pub struct Message { text: String }

#[derive(Serialize, TS)]
pub struct Said { text: String }

#[sync_handler(auth = none)]
pub async fn main(Input(message): Input<Message>) -> Said {
    Said { text: message.text }
}
",
    )?;
    app.build()?.succeeded();
    let generated = app.read(GENERATED)?;
    assert!(
        generated.contains("\"chat/rooms/sendMessage\""),
        "{generated}"
    );
    assert!(generated.contains("v2"), "{generated}");

    app.remove(NEW)?;
    app.build()?.succeeded();
    assert_eq!(app.read(GENERATED)?, before);
    Ok(())
}

#[test]
fn what_did_not_change_is_not_written() -> io::Result<()> {
    let app = small_app("unchanged")?;
    let first = written(&app)?;

    app.build()?.succeeded();
    assert_eq!(written(&app)?, first, "a second build wrote the same again");

    // Another body, the same types: the app is built again, the file is not.
    app.replace(
        HANDLER,
        "user.user_id().to_owned()",
        "format!(\"user {}\", user.user_id())",
    )?;
    app.build()?.succeeded();
    assert_eq!(
        written(&app)?,
        first,
        "a change that TypeScript cannot see wrote the file"
    );
    Ok(())
}

#[test]
fn a_generated_file_that_was_deleted_or_edited_comes_back() -> io::Result<()> {
    let app = small_app("came-back")?;
    let generated = app.read(GENERATED)?;

    app.remove(GENERATED)?;
    app.build()?.succeeded();
    assert_eq!(app.read(GENERATED)?, generated);

    app.write(GENERATED, "// edited by hand\n")?;
    app.build()?.succeeded();
    assert_eq!(app.read(GENERATED)?, generated);
    Ok(())
}

//! What is compiled into a server.

use std::{env, fs};

/// ts-rs writes other code for a type in each build, so that of a server with that code in it every build would
/// compile all routes again.
#[test]
fn a_server_that_renders_no_typescript_has_no_code_of_ts_rs_for_its_types() {
    let program = env::current_exe().and_then(fs::read).expect("it runs");
    let program = String::from_utf8_lossy(&program);
    // Put together here, so that they do not stand in this program because of this test.
    let has_function = |words: [&str; 2]| program.contains(&words.join("_"));
    assert!(
        has_function(["deserialize", "struct"]),
        "the names of functions are not in the program"
    );
    assert!(!has_function(["visit", "dependencies"]));
}

//! What is a route, what is left alone, and what is a mistake: the text of every mistake is here.

mod common;

use common::app;

#[test]
fn a_route_is_the_page_above_its_sync_folder_and_the_name_of_its_file() {
    let app = app([
        "src/_sync/ping_server_v1.rs",
        "src/board/_sync/moveCard_server_v1.rs",
        "src/board/_sync/showCard_server_v1.rs",
        "src/board/_sync/showCard_client_v1.rs",
        "src/admin/settings/_sync/rename_server_v1.rs",
    ]);
    assert_eq!(
        app.routes(),
        [
            "admin/settings/rename v1: server",
            "board/moveCard v1: server",
            "board/showCard v1: server, client",
            "system/ping v1: server",
        ]
    );
}

#[test]
fn folders_that_start_with_an_underscore_are_not_part_of_a_route() {
    let app = app([
        "src/_public/_sync/ping_server_v1.rs",
        "src/_app/board/_cards/_sync/moveCard_server_v1.rs",
    ]);
    assert_eq!(
        app.routes(),
        ["board/moveCard v1: server", "system/ping v1: server"]
    );
}

#[test]
fn a_name_is_taken_letter_for_letter() {
    let app = app([
        "src/Board/_sync/MoveCARD_server_v1.rs",
        "src/board2/_sync/move_card_server_v1.rs",
        "src/my-page/_sync/_lib/x.rs",
        "src/my-page/_sync/open_server_v1.rs",
    ]);
    assert_eq!(
        app.routes(),
        [
            "Board/MoveCARD v1: server",
            "board2/move_card v1: server",
            "my-page/open v1: server"
        ]
    );
}

#[test]
fn versions_live_beside_each_other_and_each_has_its_own_client_file() {
    let app = app([
        "src/board/_sync/moveCard_server_v1.rs",
        "src/board/_sync/moveCard_client_v1.rs",
        "src/board/_sync/moveCard_server_v2.rs",
        "src/board/_sync/moveCard_server_v10.rs",
    ]);
    assert_eq!(
        app.routes(),
        [
            "board/moveCard v1: server, client",
            "board/moveCard v2: server",
            "board/moveCard v10: server"
        ]
    );
}

#[test]
fn an_app_without_handler_files_is_an_app_without_routes() {
    assert!(app(["src/lib.rs", "src/board/mod.rs"]).routes().is_empty());
}

#[test]
fn helpers_tests_notes_and_what_editors_leave_behind_are_left_alone() {
    let app = app([
        "src/board/_sync/moveCard_server_v1.rs",
        // helpers
        "src/board/_sync/_lib/lanes.rs",
        "src/board/_sync/_lib/deep/er.rs",
        "src/board/_sync/_parked/old_server_v1.rs",
        // tests
        "src/board/_sync/tests.rs",
        "src/board/_sync/moveCard_server_v1_test.rs",
        "src/board/_sync/moveCard_tests.rs",
        "src/board/_sync/tests/moving.rs",
        "src/board/_sync/snapshots/moving.snap",
        // notes
        "src/board/_sync/README.md",
        // editors and systems
        "src/board/_sync/.#moveCard_server_v1.rs",
        "src/board/_sync/#moveCard_server_v1.rs#",
        "src/board/_sync/moveCard_server_v1.rs~",
        "src/board/_sync/.moveCard_server_v1.rs.swp",
        "src/board/_sync/moveCard_server_v1.rs.swp",
        "src/board/_sync/moveCard_server_v1.rs.orig",
        "src/board/_sync/moveCard_server_v1.rs.rej",
        "src/board/_sync/moveCard_server_v1.rs.bk",
        "src/board/_sync/moveCard_server_v1.rs___jb_tmp___",
        "src/board/_sync/4913",
        "src/board/_sync/.DS_Store",
        "src/board/_sync/Thumbs.db",
        "src/board/_sync/.gitkeep",
        "src/board/_sync/.idea/x.rs",
        // not in a `_sync` folder
        "src/board/http_server_v1.rs",
        "src/.git/_sync/x_server_v1.rs",
    ]);
    assert_eq!(app.routes(), ["board/moveCard v1: server"]);
}

/// One mistake, one problem, this text.
#[track_caller]
fn assert_problem<'a>(files: impl IntoIterator<Item = &'a str>, text: &str) {
    assert_eq!(app(files).problems(), [text]);
}

#[test]
fn a_misspelled_file_is_told_the_name_it_means() {
    assert_problem(
        ["src/board/_sync/moveCard_sever_v1.rs"],
        "src/board/_sync/moveCard_sever_v1.rs: not the name of a handler file: rename it to `moveCard_server_v1.rs`",
    );
    assert_problem(
        ["src/board/_sync/moveCard-server-v1.rs"],
        "src/board/_sync/moveCard-server-v1.rs: not the name of a handler file: rename it to `moveCard_server_v1.rs`",
    );
    assert_problem(
        ["src/board/_sync/moveCard_server_v1.ts"],
        "src/board/_sync/moveCard_server_v1.ts: not the name of a handler file: rename it to `moveCard_server_v1.rs`",
    );
}

#[test]
fn a_file_that_misses_the_pattern_altogether_is_told_the_pattern_and_the_place_for_helpers() {
    assert_problem(
        ["src/board/_sync/lanes.rs"],
        "src/board/_sync/lanes.rs: not the name of a handler file: call it `<name>_server_v<N>.rs` or \
         `<name>_client_v<N>.rs`, or, if it is a helper, move it to `_sync/_lib/`",
    );
    assert_problem(
        ["src/board/_sync/notes.txt"],
        "src/board/_sync/notes.txt: not the name of a handler file: call it `<name>_server_v<N>.rs` or \
         `<name>_client_v<N>.rs`, or, if it is a helper, move it to `_sync/_lib/`",
    );
}

#[test]
fn a_name_that_is_taken_is_not_proposed() {
    assert_problem(
        [
            "src/board/_sync/moveCard_server_v1.rs",
            "src/board/_sync/moveCard_sever_v1.rs",
        ],
        "src/board/_sync/moveCard_sever_v1.rs: not the name of a handler file: call it `<name>_server_v<N>.rs` or \
         `<name>_client_v<N>.rs`, or, if it is a helper, move it to `_sync/_lib/`",
    );
}

#[test]
fn a_file_without_a_version_is_told_to_name_one() {
    assert_problem(
        ["src/board/_sync/moveCard_server.rs"],
        "src/board/_sync/moveCard_server.rs: the name has no version: rename it to `moveCard_server_v1.rs`",
    );
}

#[test]
fn versions_start_at_1() {
    assert_problem(
        ["src/board/_sync/moveCard_server_v0.rs"],
        "src/board/_sync/moveCard_server_v0.rs: versions start at `v1`: rename it to `moveCard_server_v1.rs`",
    );
}

#[test]
fn versions_have_no_leading_zeros() {
    assert_problem(
        ["src/board/_sync/moveCard_server_v01.rs"],
        "src/board/_sync/moveCard_server_v01.rs: versions are written without leading zeros: rename it to \
         `moveCard_server_v1.rs`",
    );
}

#[test]
fn a_version_has_to_fit_a_number() {
    assert_problem(
        ["src/board/_sync/moveCard_server_v99999999999.rs"],
        "src/board/_sync/moveCard_server_v99999999999.rs: the version is too large: the largest is `v4294967295`",
    );
}

#[test]
fn a_name_that_is_no_identifier_is_refused() {
    assert_problem(
        ["src/board/_sync/2fa_server_v1.rs"],
        "src/board/_sync/2fa_server_v1.rs: `2fa` cannot be the name of a route, which starts with a letter (a-z, \
         A-Z) and goes on with letters, digits and `_`: rename it",
    );
    assert_problem(
        ["src/board/_sync/move-card_server_v1.rs"],
        "src/board/_sync/move-card_server_v1.rs: `move-card` cannot be the name of a route, which starts with a \
         letter (a-z, A-Z) and goes on with letters, digits and `_`: rename it to `moveCard_server_v1.rs`",
    );
}

#[test]
fn a_name_that_rust_gives_to_nobody_is_refused() {
    assert_problem(
        ["src/board/_sync/self_server_v1.rs"],
        "src/board/_sync/self_server_v1.rs: `self` cannot be the name of a route, it is a keyword that Rust gives to \
         nobody: rename it",
    );
}

#[test]
fn a_page_folder_that_is_no_name_is_refused_once_for_all_its_routes() {
    assert_problem(
        [
            "src/my page/_sync/moveCard_server_v1.rs",
            "src/my page/_sync/showCard_server_v1.rs",
            "src/my page/more/_sync/showCard_server_v1.rs",
        ],
        "src/my page: `my page` cannot be part of a route, whose segments start with a letter (a-z, A-Z) and go on \
         with letters, digits, `_` and single `-`: rename the folder, or start its name with `_` to leave it out of \
         the route",
    );
}

#[test]
fn a_page_folder_that_rust_gives_to_nobody_is_refused() {
    assert_problem(
        ["src/self/_sync/moveCard_server_v1.rs"],
        "src/self: `self` cannot be part of a route, it is a keyword that Rust gives to nobody: rename the folder, or \
         start its name with `_` to leave it out of the route",
    );
}

#[test]
fn an_unfit_folder_is_nobodys_problem_as_long_as_no_route_is_below_it() {
    assert!(
        app(["src/my page/notes.rs", "src/2024/_sync/README.md"])
            .routes()
            .is_empty()
    );
}

#[test]
fn a_route_found_twice_names_both_files() {
    assert_problem(
        [
            "src/board/_sync/moveCard_server_v1.rs",
            "src/_new/board/_sync/moveCard_server_v1.rs",
        ],
        "src/board/_sync/moveCard_server_v1.rs: `board/moveCard` v1 already has a `_server` file, \
         `src/_new/board/_sync/moveCard_server_v1.rs` (folders that start with `_` are not part of a route): delete \
         one of them, or rename it",
    );
}

#[test]
fn a_page_called_system_can_collide_with_the_root() {
    assert_problem(
        [
            "src/_sync/ping_server_v1.rs",
            "src/system/_sync/ping_server_v1.rs",
        ],
        "src/system/_sync/ping_server_v1.rs: `system/ping` v1 already has a `_server` file, \
         `src/_sync/ping_server_v1.rs` (a `_sync` folder on no page is on the page `system`): delete one of them, or \
         rename it",
    );
}

#[test]
fn names_that_differ_only_in_case_are_refused() {
    assert_problem(
        [
            "src/board/_sync/moveCard_server_v1.rs",
            "src/board/_sync/movecard_server_v2.rs",
        ],
        "src/board/_sync/movecard_server_v2.rs: `board/movecard` differs from `board/moveCard` \
         (`src/board/_sync/moveCard_server_v1.rs`) only in upper and lower case: spell it the same way, or give it \
         another name",
    );
}

#[test]
fn pages_that_differ_only_in_case_are_refused() {
    assert_problem(
        [
            "src/Board/_sync/moveCard_server_v1.rs",
            "src/board/_sync/moveCard_server_v1.rs",
        ],
        "src/board/_sync/moveCard_server_v1.rs: `board/moveCard` differs from `Board/moveCard` \
         (`src/Board/_sync/moveCard_server_v1.rs`) only in upper and lower case: spell it the same way, or give it \
         another name",
    );
}

#[test]
fn routes_that_would_be_one_rust_module_are_refused_once_for_all_their_files() {
    assert_problem(
        [
            "src/board/_sync/moveCard_server_v1.rs",
            "src/board/_sync/moveCard_client_v1.rs",
            "src/board/_sync/move_card_server_v1.rs",
            "src/board/_sync/move_card_client_v1.rs",
        ],
        "src/board/_sync/move_card_server_v1.rs: `board/move_card` and `board/moveCard` \
         (`src/board/_sync/moveCard_server_v1.rs`) would both be the Rust module `board_move_card_server_v1`: rename \
         one of them",
    );
    assert_problem(
        [
            "src/a/b/_sync/c_server_v1.rs",
            "src/a-b/_sync/c_server_v1.rs",
        ],
        "src/a-b/_sync/c_server_v1.rs: `a-b/c` and `a/b/c` (`src/a/b/_sync/c_server_v1.rs`) would both be the Rust \
         module `a_b_c_server_v1`: rename one of them",
    );
}

#[test]
fn a_page_that_takes_the_place_of_another_routes_file_is_refused() {
    assert_problem(
        [
            "src/board/_sync/card_server_v1.rs",
            "src/board/card/v1/_sync/server_server_v1.rs",
        ],
        "src/board/card/v1/_sync/server_server_v1.rs: `board/card/v1/server` and `board/card` \
         (`src/board/_sync/card_server_v1.rs`) would both be the Rust module `board::card::v1::server`: rename one of \
         them",
    );
}

#[test]
fn a_client_file_alone_is_refused() {
    assert_problem(
        ["src/board/_sync/showCard_client_v1.rs"],
        "src/board/_sync/showCard_client_v1.rs: `_client` file without a server file: add `showCard_server_v1.rs` \
         beside it, or delete this one",
    );
}

#[test]
fn a_client_file_of_another_version_is_told_the_version_it_may_mean() {
    assert_problem(
        [
            "src/board/_sync/showCard_server_v1.rs",
            "src/board/_sync/showCard_client_v2.rs",
        ],
        "src/board/_sync/showCard_client_v2.rs: `_client` file without a server file: add `showCard_server_v2.rs` \
         beside it, rename this one to `showCard_client_v1.rs`, or delete this one",
    );
}

#[test]
fn a_client_file_whose_server_file_is_misspelled_is_not_a_second_problem() {
    assert_problem(
        [
            "src/board/_sync/showCard_sever_v1.rs",
            "src/board/_sync/showCard_client_v1.rs",
        ],
        "src/board/_sync/showCard_sever_v1.rs: not the name of a handler file: rename it to `showCard_server_v1.rs`",
    );
}

#[test]
fn a_mod_file_is_told_that_it_has_no_use() {
    assert_problem(
        ["src/board/_sync/mod.rs"],
        "src/board/_sync/mod.rs: `_sync/` needs no `mod.rs`, its handler files are linked by the build script: delete \
         it, or move what it holds to `_sync/_lib/`",
    );
}

#[test]
fn a_rust_file_in_a_folder_inside_sync_is_not_lost_silently() {
    assert_problem(
        ["src/board/_sync/cards/moveCard_server_v1.rs"],
        "src/board/_sync/cards/moveCard_server_v1.rs: handler files lie directly in `_sync/`: move this one up, or, if \
         it is a helper, into a folder whose name starts with `_`, such as `_sync/_lib/`",
    );
}

#[test]
fn a_sync_folder_in_capitals_is_not_lost_silently() {
    assert_problem(
        ["src/board/_Sync/moveCard_server_v1.rs"],
        "src/board/_Sync: handler files are looked for in folders called `_sync`: rename this one, in lower case",
    );
}

#[test]
fn a_source_folder_that_is_not_there_is_a_mistake() {
    let app = app([]);
    std::fs::remove_dir(app.file("src")).expect("it was empty");
    assert_eq!(
        app.problems(),
        [
            "src: no such folder: give `sync_build::routes` the folder of the sources, relative to Cargo.toml"
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_ends_and_a_link_to_a_handler_file_is_one() {
    let app = app(["src/board/_sync/moveCard_server_v1.rs", "src/lanes.rs"]);
    std::os::unix::fs::symlink(app.file("src"), app.file("src/board/again")).expect("links work");
    std::os::unix::fs::symlink(app.file("src"), app.file("src/board/_sync/_again"))
        .expect("links work");
    std::os::unix::fs::symlink(
        app.file("src/lanes.rs"),
        app.file("src/board/_sync/lanes_server_v1.rs"),
    )
    .expect("links work");
    assert_eq!(
        app.routes(),
        ["board/lanes v1: server", "board/moveCard v1: server"]
    );
}

#[cfg(unix)]
#[test]
fn a_sync_folder_that_is_a_link_is_not_lost_silently() {
    let app = app(["elsewhere/moveCard_server_v1.rs", "src/board/mod.rs"]);
    std::os::unix::fs::symlink(app.file("elsewhere"), app.file("src/board/_sync"))
        .expect("links work");
    assert_eq!(
        app.problems(),
        [
            "src/board/_sync: a link, and links to folders are not followed: put a real `_sync` folder in its place"
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt;

    let app = app(["src/board/_sync/moveCard_server_v1.rs"]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9_server_v1.rs");
    std::fs::write(app.file("src/board/_sync").join(name), common::SERVER)
        .expect("Linux takes any bytes");
    assert_eq!(
        app.problems(),
        ["src/board/_sync/caf\u{fffd}_server_v1.rs: the name is not UTF-8: rename it"]
    );
}

#[test]
fn every_mistake_is_reported_at_once_sorted_by_file() {
    let app = app([
        "src/board/_sync/moveCard_sever_v1.rs",
        "src/board/_sync/showCard_client_v1.rs",
        "src/board/_sync/cursor_server_v0.rs",
        "src/admin/_sync/helpers.rs",
        "src/my page/_sync/x_server_v1.rs",
        "src/_a/board/_sync/list_server_v1.rs",
        "src/_b/board/_sync/list_server_v1.rs",
        "src/_c/board/_sync/list_server_v1.rs",
    ]);
    let files: Vec<String> = app
        .problems()
        .iter()
        .map(|problem| problem.split(": ").next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        files,
        [
            "src/_b/board/_sync/list_server_v1.rs",
            "src/_c/board/_sync/list_server_v1.rs",
            "src/admin/_sync/helpers.rs",
            "src/board/_sync/cursor_server_v0.rs",
            "src/board/_sync/moveCard_sever_v1.rs",
            "src/board/_sync/showCard_client_v1.rs",
            "src/my page",
        ]
    );
}

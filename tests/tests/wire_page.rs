//! The page of the wire has every error code of the server, with its status.

use std::{fs, io};

use sync_tests::app::repository;

#[test]
fn every_error_code_is_on_the_page_of_the_wire_with_its_status() -> io::Result<()> {
    let page = fs::read_to_string(repository().join("docs/wire.md"))?;
    let table = fs::read_to_string(repository().join("sync-runtime/src/error.rs"))?;
    let codes: Vec<_> = table.lines().filter_map(code).collect();
    assert!(codes.len() > 20, "only {codes:?} were found in the table");
    for (code, status) in codes {
        let is_listed = page.lines().any(|line| {
            let mut cells = line.trim_start_matches('|').split('|').map(str::trim);
            let names_it = cells
                .next()
                .is_some_and(|cell| cell.contains(&format!("`{code}`")));
            names_it && cells.next() == Some(status)
        });
        assert!(is_listed, "{code} with {status} is not on the page");
    }
    Ok(())
}

/// The code and the status of a line of the table: `Self::JoinBlocked => ("room.joinBlocked", 403),`
fn code(line: &str) -> Option<(&str, &str)> {
    let (_, pair) = line.trim().strip_prefix("Self::")?.split_once("=> (\"")?;
    pair.strip_suffix("),")?.split_once("\", ")
}

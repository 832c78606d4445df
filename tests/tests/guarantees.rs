//! The page of guarantees names tests that are there.

use std::{fs, io};

use sync_tests::app::repository;

#[test]
fn every_guarantee_has_a_test_of_the_name_it_says() -> io::Result<()> {
    let docs = repository().join("docs");
    let page = fs::read_to_string(docs.join("guarantees.md"))?;
    let mut checked = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        if row.starts_with("| guarantee ") || row.starts_with("| --- ") {
            continue;
        }
        let tests: Vec<_> = row.split("[`").skip(1).filter_map(link).collect();
        assert!(!tests.is_empty(), "no test is named in: {row}");
        for (name, path) in tests {
            let file = fs::read_to_string(docs.join(path))
                .map_err(|error| io::Error::other(format!("{path}: {error}")))?;
            assert!(file.contains(name), "{path} has no test called {name}");
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} tests were found on the page");
    Ok(())
}

/// The name and the path of a link, from behind its first bracket.
fn link(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once("`](")?;
    let (path, _) = rest.split_once(')')?;
    Some((name, path))
}

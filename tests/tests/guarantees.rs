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
            assert!(has_test(&file, name), "{path} has no test called {name}");
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

/// Whether a file has a test of just that name: a function in Rust, a whole title in JavaScript. A title that
/// tells the ways in which its test runs apart, as in `${name}, over ${transport}`, is named without them.
fn has_test(file: &str, name: &str) -> bool {
    let is_title = |(at, _): (usize, &str)| {
        let (before, after) = (&file[..at], &file[at + name.len()..]);
        ['"', '\'', '`'].into_iter().any(|quote| {
            let call = before.strip_suffix(quote).map(str::trim_end);
            let is_first = call.is_some_and(|call| {
                ["test(", "fault("]
                    .iter()
                    .any(|begin| call.ends_with(begin))
            });
            let is_whole = after.starts_with(quote)
                || quote == '`'
                    && [", ${", ", over ${"]
                        .iter()
                        .any(|way| after.starts_with(way));
            is_first && is_whole
        })
    };
    file.contains(&format!("fn {name}(")) || file.match_indices(name).any(is_title)
}

#[test]
fn only_a_test_of_the_whole_name_counts() {
    for file in [
        "async fn all_is_kept() {",
        "test(\"all_is_kept\", async () => {",
        "test('all_is_kept', () => {",
        "fault(\n  `all_is_kept, ${how} it went`,",
        "test(`all_is_kept, over ${way}`, async () => {",
    ] {
        assert!(has_test(file, "all_is_kept"), "{file}");
    }
    for file in [
        "async fn all_is_kept_and_heard() {",
        "async fn not_all_is_kept() {",
        "test(\"all_is_kept, and heard\", async () => {",
        "test(\"what is heard: all_is_kept\", async () => {",
        "test(`all_is_kept by ${way}`, async () => {",
        "return trial.end(`all_is_kept, ${how} it went`, seconds);",
        "// all_is_kept",
    ] {
        assert!(!has_test(file, "all_is_kept"), "{file}");
    }
}

//! What the name of a file in a `_sync` folder says about it.

use super::meant;
use crate::naming::{is_identifier, is_reserved};
use crate::problem::Fault;
use crate::side::Side;

/// What to do with a file, by its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileName {
    /// `<name>_server_v<N>.rs` or `<name>_client_v<N>.rs`.
    Handler {
        name: String,
        side: Side,
        version: u32,
    },
    /// Nothing: a test, a note, or something an editor or the system left behind.
    Ignored,
    /// Neither; the developer has to decide.
    Refused(Fault),
}

pub(super) fn read(file_name: &str) -> FileName {
    if is_dropping(file_name) || is_note(file_name) {
        return FileName::Ignored;
    }
    if let Some((name, side, version)) = split(file_name) {
        return handler(name, side, version);
    }
    if is_test(file_name) {
        return FileName::Ignored;
    }
    if file_name == "mod.rs" {
        return FileName::Refused(Fault::ModFile);
    }
    if let Some((name, side)) = file_name.strip_suffix(".rs").and_then(split_side)
        && is_identifier(name)
    {
        return FileName::Refused(Fault::NoVersion {
            meant: format!("{name}_{side}_v1.rs"),
        });
    }
    FileName::Refused(Fault::NotAHandlerFile {
        meant: meant::handler_file(file_name),
    })
}

/// The pattern and nothing more; whether its parts are any good is [`handler`]'s question.
fn split(file_name: &str) -> Option<(&str, Side, &str)> {
    let (rest, version) = file_name.strip_suffix(".rs")?.rsplit_once("_v")?;
    if version.is_empty() || !version.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let (name, side) = split_side(rest)?;
    Some((name, side, version))
}

fn split_side(stem: &str) -> Option<(&str, Side)> {
    [Side::Server, Side::Client].into_iter().find_map(|side| {
        let name = stem.strip_suffix(side.as_str())?.strip_suffix('_')?;
        (!name.is_empty()).then_some((name, side))
    })
}

fn handler(name: &str, side: Side, digits: &str) -> FileName {
    if !is_identifier(name) {
        return FileName::Refused(Fault::NotAName {
            name: name.to_owned(),
            meant: meant::handler_file(&format!("{name}_{side}_v{digits}.rs")),
        });
    }
    if is_reserved(name) {
        return FileName::Refused(Fault::ReservedName {
            name: name.to_owned(),
        });
    }
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return FileName::Refused(Fault::VersionZero {
            meant: format!("{name}_{side}_v1.rs"),
        });
    }
    if significant.len() < digits.len() {
        return FileName::Refused(Fault::LeadingZero {
            meant: format!("{name}_{side}_v{significant}.rs"),
        });
    }
    match digits.parse() {
        Ok(version) => FileName::Handler {
            name: name.to_owned(),
            side,
            version,
        },
        Err(_) => FileName::Refused(Fault::VersionTooLarge),
    }
}

/// `moveCard_server_v1_test.rs`, linked by the handler file with `#[cfg(test)] #[path = "..."] mod tests;`.
fn is_test(file_name: &str) -> bool {
    file_name.strip_suffix(".rs").is_some_and(|stem| {
        stem == "test" || stem == "tests" || stem.ends_with("_test") || stem.ends_with("_tests")
    })
}

fn is_note(file_name: &str) -> bool {
    file_name.to_ascii_lowercase().strip_suffix(".md").is_some()
}

/// Backups, locks and half-written files. A file that is only saved for a moment must not fail a build
/// that rust-analyzer happens to start just then.
pub(super) fn is_dropping(file_name: &str) -> bool {
    // `.#x` (Emacs lock), `.x.swp` (Vim), `.DS_Store`, `.gitkeep`; `#x#` (Emacs autosave).
    file_name.starts_with(['.', '#'])
        // `x~` (Emacs, Vim, Kate), `x___jb_tmp___` (JetBrains' safe write).
        || file_name.ends_with('~')
        || file_name.ends_with("___jb_tmp___")
        || file_name.ends_with("___jb_old___")
        // Vim tries whether it can write here with a file of this name.
        || file_name == "4913"
        || ["Thumbs.db", "desktop.ini"].contains(&file_name)
        || [".bk", ".bak", ".orig", ".rej", ".swp", ".swo", ".swx", ".tmp", ".save"]
            .iter()
            .any(|suffix| file_name.ends_with(suffix))
}

//! Guesses which handler file somebody meant by a name that misses the pattern.

use crate::naming::{is_identifier, is_reserved};
use crate::side::Side;

/// `moveCard_sever_v1.rs`, `move-card-server-v1.rs`, `moveCardServer_V1.rs`, `moveCard_v1_server.ts` and the like:
/// a name, something close to `server` or `client`, and perhaps a version. `None` when that is not all there is.
pub(super) fn handler_file(file_name: &str) -> Option<String> {
    let stem = without_extensions(file_name);
    let mut words = words(stem);
    let (mut side, mut version) = (None, None);
    while let Some(&(last, _)) = words.last() {
        if side.is_none()
            && let Some(found) = side_of(last)
        {
            side = Some(found);
        } else if version.is_none()
            && let Some(found) = version_of(last)
        {
            version = Some(found);
        } else {
            break;
        }
        words.pop();
    }
    if side.is_none() {
        side = words.first().and_then(|(first, _)| side_of(first));
        words.drain(..usize::from(side.is_some()));
    }
    let (first, last) = (words.first()?, words.last()?);
    let as_is = &stem[first.1..last.1 + last.0.len()];
    let name = if is_identifier(as_is) {
        as_is.to_owned()
    } else {
        camel_case(&words)
    };
    (is_identifier(&name) && !is_reserved(&name))
        .then(|| side.map(|side| format!("{name}_{side}_v{}.rs", version.unwrap_or(1).max(1))))
        .flatten()
}

fn without_extensions(file_name: &str) -> &str {
    let mut stem = file_name;
    while let Some((rest, extension)) = stem.rsplit_once('.')
        && ["rs", "ts", "tsx", "js", "txt"].contains(&extension.to_ascii_lowercase().as_str())
    {
        stem = rest;
    }
    stem
}

/// The words of a name and where each starts: at anything but a letter or digit, and at a capital.
fn words(stem: &str) -> Vec<(&str, usize)> {
    let mut words = Vec::new();
    let mut start = None;
    let mut before = ' ';
    for (i, c) in stem.char_indices() {
        let new_word = c.is_uppercase() && !before.is_uppercase();
        if let Some(from) = start
            && (!c.is_alphanumeric() || new_word)
        {
            words.push((&stem[from..i], from));
            start = None;
        }
        if start.is_none() && c.is_alphanumeric() {
            start = Some(i);
        }
        before = c;
    }
    words.extend(start.map(|from| (&stem[from..], from)));
    words
}

fn camel_case(words: &[(&str, usize)]) -> String {
    let mut name = String::new();
    for (word, _) in words {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !name.is_empty() => name.extend(first.to_uppercase()),
            first => name.extend(first),
        }
        name.push_str(letters.as_str());
    }
    name
}

fn side_of(word: &str) -> Option<Side> {
    let word = word.to_ascii_lowercase();
    [Side::Server, Side::Client]
        .into_iter()
        .find(|side| a_slip_apart(&word, side.as_str()))
}

fn version_of(word: &str) -> Option<u32> {
    let word = word.to_ascii_lowercase();
    word.strip_prefix("version")
        .or(word.strip_prefix('v'))
        .unwrap_or(&word)
        .parse()
        .ok()
}

/// Equal, or one letter missing, surplus or wrong, or two neighbours swapped.
fn a_slip_apart(word: &str, meant: &str) -> bool {
    let (word, meant): (Vec<char>, Vec<char>) = (word.chars().collect(), meant.chars().collect());
    let same_start = word.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (a, b) = (&word[same_start..], &meant[same_start..]);
    match (a, b) {
        ([], []) => true,
        ([_, a @ ..], _) if a == b => true,
        (_, [_, b @ ..]) if a == b => true,
        ([a1, a @ ..], [b1, b @ ..]) if a1 != b1 && a == b => true,
        ([a1, a2, a @ ..], [b1, b2, b @ ..]) => a1 == b2 && a2 == b1 && a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_leads_to_the_name_that_was_meant() {
        for (written, meant) in [
            ("moveCard_sever_v1.rs", "moveCard_server_v1.rs"),
            ("moveCard_cleint_v2.rs", "moveCard_client_v2.rs"),
            ("moveCard_servers_v1.rs", "moveCard_server_v1.rs"),
            ("moveCard-server-v1.rs", "moveCard_server_v1.rs"),
            ("move-card_server_v1.rs", "moveCard_server_v1.rs"),
            ("move_card-server.rs", "move_card_server_v1.rs"),
            ("moveCard.server.v1.rs", "moveCard_server_v1.rs"),
            ("moveCardServer_v1.rs", "moveCard_server_v1.rs"),
            ("moveCardServerV3.rs", "moveCard_server_v3.rs"),
            ("moveCard_Server_V1.rs", "moveCard_server_v1.rs"),
            ("moveCard_server_1.rs", "moveCard_server_v1.rs"),
            ("moveCard_v1_server.rs", "moveCard_server_v1.rs"),
            ("server_moveCard_v1.rs", "moveCard_server_v1.rs"),
            ("moveCard_server_v1.ts", "moveCard_server_v1.rs"),
            ("moveCard_server_v1.RS", "moveCard_server_v1.rs"),
            ("moveCard_server_v1", "moveCard_server_v1.rs"),
        ] {
            assert_eq!(handler_file(written).as_deref(), Some(meant), "{written}");
        }
    }

    #[test]
    fn nothing_is_guessed_where_nothing_was_meant() {
        for written in [
            "helpers.rs",
            "observer.rs",
            "server.rs",
            "_server_v1.rs",
            "moveCard_v1.rs",
            "moveCard_server_v1 2.rs",
            "2fa_server_v1.rs",
            "self-server-v1.rs",
            "",
            "...",
        ] {
            assert_eq!(handler_file(written), None, "{written}");
        }
    }
}

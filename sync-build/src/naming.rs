//! From the names people give to files and folders to the names Rust wants.

/// `moveCard` -> `move_card`, `HTTPServer` -> `http_server`, `my-page` -> `my_page`, `a__b` -> `a_b` (which
/// is what rustc's `non_snake_case` asks for).
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|j| chars[j]);
        let after = chars.get(i + 1);
        let starts_a_word = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || b.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase)
            });
        if starts_a_word {
            snake.push('_');
        }
        match c {
            '-' | '_' if snake.ends_with('_') => {}
            '-' => snake.push('_'),
            c => snake.push(c.to_ascii_lowercase()),
        }
    }
    snake
}

/// A letter, then letters, digits and `_`. ASCII only: the name is part of URLs, and the same letter
/// with an accent can be two different file names (macOS takes them apart, others do not).
pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// An identifier that may have single dashes inside (`my-page`), as people name pages in URLs.
pub(crate) fn is_page_segment(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.split('-').all(|part| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
}

/// The words no Rust item can have as its name, not even as a raw identifier.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(snake_case(name).as_str(), "self" | "super" | "crate")
}

/// The identifier as it is written in code: `type` as `r#type`.
pub(crate) fn as_written(identifier: &str) -> String {
    if KEYWORDS.contains(&identifier) {
        format!("r#{identifier}")
    } else {
        identifier.to_owned()
    }
}

/// Keywords of all editions, those reserved for later included; without the ones in [`is_reserved`]
/// and `Self`, which snake case cannot produce.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_rustc_calls_snake_case() {
        for (name, snake) in [
            ("moveCard", "move_card"),
            ("MoveCard", "move_card"),
            ("HTTPServer", "http_server"),
            ("sendSMS", "send_sms"),
            ("step2Done", "step2_done"),
            ("move_card", "move_card"),
            ("my-page", "my_page"),
            ("move__card", "move_card"),
            ("x_", "x_"),
            ("x", "x"),
        ] {
            assert_eq!(snake_case(name), snake, "{name}");
        }
    }

    #[test]
    fn what_can_be_a_name_is_decided_by_ascii_letters_digits_and_underscores() {
        for good in ["moveCard", "a", "a1", "move_card", "type"] {
            assert!(is_identifier(good), "{good}");
        }
        for bad in ["", "2fa", "_x", "move-card", "a.b", "café", "a b"] {
            assert!(!is_identifier(bad), "{bad}");
        }
        for good in ["board", "my-page", "v2-api"] {
            assert!(is_page_segment(good), "{good}");
        }
        for bad in ["-page", "my--page", "page-", "my page", "[id]", "2fa"] {
            assert!(!is_page_segment(bad), "{bad}");
        }
    }
}

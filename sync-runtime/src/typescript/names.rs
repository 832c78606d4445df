//! What may be a name in TypeScript, and how Rust's names are shown to people.

/// Names that a type of the app cannot have: TypeScript's own words, and what the generated file itself
/// means by a name.
const TAKEN: &[&str] = &[
    "Array",
    "Record",
    "SyncRoutes",
    "any",
    "as",
    "async",
    "await",
    "bigint",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "never",
    "new",
    "null",
    "number",
    "object",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "unknown",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Whether a type alias can have this name.
pub(super) fn can_be_declared(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(starts_identifier)
        && chars.all(continues_identifier)
        && !TAKEN.contains(&name)
}

pub(super) fn starts_identifier(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

pub(super) fn continues_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The text as a TypeScript string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// `Vec<Card>` for `alloc::vec::Vec<app::board::Card>`.
pub(super) fn without_paths(rust_type: &str) -> String {
    let mut short = String::new();
    // Where the path that is being read began in `short`.
    let mut path = 0;
    for c in rust_type.chars() {
        if c == ':' {
            short.truncate(path);
        } else {
            short.push(c);
            if !continues_identifier(c) {
                path = short.len();
            }
        }
    }
    short
}

/// `app::board::Page` for `app::board::Page<app::board::Card>`.
pub(super) fn without_arguments(rust_type: &str) -> &str {
    match rust_type.split_once('<') {
        Some((path, _)) if !path.is_empty() => path,
        _ => rust_type,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_types_are_shown_as_one_writes_them() {
        for (full, short) in [
            ("alloc::vec::Vec<app::board::Card>", "Vec<Card>"),
            ("(app::A, &str, [app::b::C; 3])", "(A, &str, [C; 3])"),
            ("u32", "u32"),
        ] {
            assert_eq!(without_paths(full), short);
        }
        assert_eq!(without_arguments("app::Page<app::Card>"), "app::Page");
    }

    #[test]
    fn words_of_typescript_are_no_names() {
        assert!(can_be_declared("CardMoved"));
        assert!(can_be_declared("Größe2"));
        for name in ["", "my-card", "2d", "string", "Array", "class"] {
            assert!(!can_be_declared(name), "{name}");
        }
    }
}

//! Writes types as text: on one line where they fit, over several where they do not.

use super::docs::comment;
use super::{Alias, Element, Key, Member, Type};

/// Columns a line has, as in prettier's and rustfmt's habit.
const WIDTH: usize = 100;

/// Text that grows by types and comments.
#[derive(Debug)]
pub(in super::super) struct Writer {
    out: String,
    width: usize,
}

impl Writer {
    pub(in super::super) fn new() -> Self {
        Self::with_width(WIDTH)
    }

    fn with_width(width: usize) -> Self {
        Self {
            out: String::new(),
            width,
        }
    }

    pub(in super::super) fn finish(self) -> String {
        self.out
    }

    /// Adds text as it is.
    pub(in super::super) fn text(&mut self, text: &str) -> &mut Self {
        self.out.push_str(text);
        self
    }

    /// Adds the comment in lines of their own, `indent` spaces in.
    pub(in super::super) fn comment(&mut self, lines: &[String], indent: usize) -> &mut Self {
        self.text(&comment(lines, indent))
    }

    /// Adds `type Name<...> = ...;`, the lines after the first `indent` spaces in.
    pub(in super::super) fn declaration(&mut self, name: &str, alias: &Alias, indent: usize) {
        self.text("type ").text(name);
        if !alias.parameters.is_empty() {
            self.text("<");
            for (nth, parameter) in alias.parameters.iter().enumerate() {
                self.text(if nth == 0 { "" } else { ", " })
                    .text(&parameter.name);
                if let Some(default) = &parameter.default {
                    self.text(" = ").ty(default, indent);
                }
            }
            self.text(">");
        }
        self.text(" = ").ty(&alias.body, indent).text(";\n");
    }

    /// Adds a type, the lines after the first `indent` spaces in.
    pub(in super::super) fn ty(&mut self, ty: &Type, indent: usize) -> &mut Self {
        if let Some(flat) = flat(ty) {
            // One column for the comma or semicolon that follows.
            if self.column() + flat.chars().count() < self.width || cannot_break(ty) {
                return self.text(&flat);
            }
        }
        let inner = indent + 2;
        match ty {
            Type::Object(members) => {
                self.text("{\n");
                for member in members {
                    self.comment(&member.docs, inner)
                        .pad(inner)
                        .member(member, inner);
                    // TypeScript takes no comma after the rule of a mapped type.
                    let mapped = matches!(member.key, Key::Mapped { .. });
                    self.text(if mapped { ";\n" } else { ",\n" });
                }
                self.pad(indent).text("}")
            }
            Type::Tuple(elements) => {
                self.text("[\n");
                for Element { ty, optional } in elements {
                    self.pad(inner).ty(ty, inner);
                    self.text(if *optional { "?,\n" } else { ",\n" });
                }
                self.pad(indent).text("]")
            }
            Type::Union(parts) => {
                for part in parts {
                    self.line_end().pad(inner).text("| ").ty(part, inner + 2);
                }
                self
            }
            Type::Intersection(parts) => {
                for (nth, part) in parts.iter().enumerate() {
                    self.text(if nth == 0 { "" } else { " & " })
                        .ty(part, indent);
                }
                self
            }
            Type::Name { name, args } => {
                self.text(name).text("<");
                for (nth, arg) in args.iter().enumerate() {
                    self.text(if nth == 0 { "" } else { ", " }).ty(arg, indent);
                }
                self.text(">")
            }
            Type::Group(ty) => self.text("(").ty(ty, indent).text(")"),
            Type::List(ty) => self.ty(ty, indent).text("[]"),
            Type::Literal(text) | Type::Unread(text) => self.text(text),
        }
    }

    fn member(&mut self, member: &Member, indent: usize) {
        match &member.key {
            Key::Property(name) => self.text(name),
            Key::Mapped { variable, keys } => self
                .text("[")
                .text(variable)
                .text(" in ")
                .ty(keys, indent)
                .text("]"),
            Key::Index { variable, keys } => self
                .text("[")
                .text(variable)
                .text(": ")
                .ty(keys, indent)
                .text("]"),
        };
        self.text(if member.optional { "?: " } else { ": " })
            .ty(&member.ty, indent);
    }

    fn pad(&mut self, indent: usize) -> &mut Self {
        self.text(&" ".repeat(indent))
    }

    /// Ends the line, without a space at its end.
    fn line_end(&mut self) -> &mut Self {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.text("\n")
    }

    fn column(&self) -> usize {
        self.out.chars().rev().take_while(|&c| c != '\n').count()
    }
}

/// A type that has only one way to be written.
fn cannot_break(ty: &Type) -> bool {
    match ty {
        Type::Literal(_) | Type::Unread(_) => true,
        Type::Name { args, .. } => args.is_empty(),
        Type::Object(members) => members.is_empty(),
        Type::Tuple(elements) => elements.is_empty(),
        Type::List(_) | Type::Group(_) | Type::Union(_) | Type::Intersection(_) => false,
    }
}

/// The type on one line; `None` when there are comments in it.
pub(in super::super) fn flat(ty: &Type) -> Option<String> {
    let all = |types: &[Type], separator: &str| -> Option<String> {
        let flat: Option<Vec<String>> = types.iter().map(flat).collect();
        Some(flat?.join(separator))
    };
    Some(match ty {
        Type::Literal(text) | Type::Unread(text) => text.clone(),
        Type::Name { name, args } if args.is_empty() => name.clone(),
        Type::Name { name, args } => format!("{name}<{}>", all(args, ", ")?),
        Type::Object(members) if members.is_empty() => "{}".to_owned(),
        Type::Object(members) => {
            let flat: Option<Vec<String>> = members.iter().map(flat_member).collect();
            format!("{{ {} }}", flat?.join(", "))
        }
        Type::Tuple(elements) => {
            let flat: Option<Vec<String>> = elements
                .iter()
                .map(|element| {
                    let mark = if element.optional { "?" } else { "" };
                    Some(format!("{}{mark}", flat(&element.ty)?))
                })
                .collect();
            format!("[{}]", flat?.join(", "))
        }
        Type::List(ty) => format!("{}[]", flat(ty)?),
        Type::Group(ty) => format!("({})", flat(ty)?),
        Type::Union(parts) => all(parts, " | ")?,
        Type::Intersection(parts) => all(parts, " & ")?,
    })
}

fn flat_member(member: &Member) -> Option<String> {
    if !member.docs.is_empty() {
        return None;
    }
    let key = match &member.key {
        Key::Property(name) => name.clone(),
        Key::Mapped { variable, keys } => format!("[{variable} in {}]", flat(keys)?),
        Key::Index { variable, keys } => format!("[{variable}: {}]", flat(keys)?),
    };
    let mark = if member.optional { "?" } else { "" };
    Some(format!("{key}{mark}: {}", flat(&member.ty)?))
}

#[cfg(test)]
mod tests {
    use super::super::{parse_declaration, parse_type};
    use super::*;

    /// What ts-rs writes, and what people write in `#[ts(type = "...")]`.
    const TYPES: &[&str] = &[
        "string",
        r#""to, do" | "it's {" | 'a\'b' | -1 | 2.5 | null"#,
        "{ cardId: string, toLane: LaneId, }",
        "`card-${string}`",
        r#"{ "type": "moved", "card-id": string, } & Card"#,
        "{ a: string, } & ({ [key in string]: number })",
        "{ Ok : Card } | { Err : string }",
        "{ start: number, end: number, }",
        "{ [key in Lane]?: Array<Page<Card, { x: number }>> }",
        "{ [key: string]: unknown; }",
        "[string, (number)?, [A, B]]",
        "[]",
        "{  }",
        "never[]",
        "(A | B)[][]",
        "{ \n/**\n * Its id, as in `_sync`.\n *\n * More.\n */\nid: string, \nx?: number, }",
        "| A | B",
        "ns.Card<ns.Id>",
    ];

    #[test]
    fn the_layout_does_not_change_the_type() {
        for text in TYPES {
            let read = parse_type(text).unwrap_or_else(|| panic!("not read: {text}"));
            for width in [0, 10, 40, 1000] {
                let mut writer = Writer::with_width(width);
                writer.ty(&read, 0);
                let written = writer.finish();
                let again = parse_type(&written).unwrap_or_else(|| panic!("not read: {written}"));
                assert_eq!(again, read, "{text} became {written}");
            }
        }
    }

    #[test]
    fn a_type_that_is_not_understood_is_not_read_in_part() {
        for text in [
            "keyof Card",
            "readonly string[]",
            "A extends B ? C : D",
            "(card: Card) => void",
            "Card[\"id\"]",
            "{ readonly id: string }",
            "{ : string, }",
            "\"open",
            "A B",
        ] {
            assert_eq!(parse_type(text), None, "{text}");
        }
    }

    #[test]
    fn wide_types_are_broken_and_narrow_ones_are_not() {
        let wide = "type Event = { type: \"moved\", card: { id: string, title: string, laneId: LaneId, ownerId: UserId, }, \
            } | { type: \"gone\", } | null;";
        let mut writer = Writer::new();
        let Some(alias) = parse_declaration(wide) else {
            panic!("not read: {wide}");
        };
        writer.text("  ").declaration("Event", &alias, 2);
        insta::assert_snapshot!(writer.finish(), @r#"
          type Event =
            | { type: "moved", card: { id: string, title: string, laneId: LaneId, ownerId: UserId } }
            | { type: "gone" }
            | null;
        "#);
    }
}

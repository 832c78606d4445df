//! Texts with places for an error's parameters.

use crate::Failure;

/// A text in which `{name}` stands for a parameter, and `{{` and `}}` for braces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Param(String),
}

impl Template {
    /// Reads a text; none if a brace in it is not closed or was not opened.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            plain.push_str(before);
            let (brace, after) = brace.split_at(1);
            if let Some(after) = after.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let (name, after) = after.split_once('}').filter(|_| brace == "{")?;
            if name.is_empty() || name.contains('{') {
                return None;
            }
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::Param(name.into()));
            rest = after;
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Some(Self(pieces))
    }

    /// The text with an error's parameters in their places; none if it names one that the error does
    /// not have.
    pub(super) fn fill(&self, failure: &Failure) -> Option<String> {
        let filled = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Param(name) => failure.parameter(name).map(ToString::to_string),
        });
        filled.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Option<String> {
        let failure = Failure::new("board.laneFull", "The lane is full.")
            .param("maxCards", 7)
            .param("lane", "{done}");
        Template::parse(text).expect("a good text").fill(&failure)
    }

    #[test]
    fn parameters_stand_in_their_places_and_are_not_read_themselves() {
        let text = "{lane}: hoogstens {maxCards} kaarten ({{}})";
        let expected = "{done}: hoogstens 7 kaarten ({})";
        assert_eq!(filled(text).as_deref(), Some(expected));
        assert_eq!(filled("").as_deref(), Some(""));
        assert_eq!(filled("{other}"), None);
    }

    #[test]
    fn a_brace_without_its_fellow_is_no_text() {
        for text in ["{", "}", "{}", "a {b", "a b}", "{a{b}", "{{a}"] {
            assert_eq!(Template::parse(text), None, "{text}");
        }
    }
}

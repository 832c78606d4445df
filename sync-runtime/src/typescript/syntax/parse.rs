//! Reads TypeScript's types from text.

use super::docs::{comment_lines, split_comment};
use super::{Alias, Element, Key, Member, Parameter, Type};

/// Reads a whole type. `None` when it is not, or not only, of the part of the syntax known here.
pub(in super::super) fn parse_type(text: &str) -> Option<Type> {
    let mut parser = Parser { rest: text };
    let ty = parser.union()?;
    parser.at_end().then_some(ty)
}

/// Reads `type Name<A, B = C> = ...;`.
pub(in super::super) fn parse_declaration(text: &str) -> Option<Alias> {
    let mut parser = Parser { rest: text };
    if parser.word()? != "type" {
        return None;
    }
    parser.word()?;
    let parameters = if parser.eat('<') {
        parser.list('>', Parser::parameter)?
    } else {
        Vec::new()
    };
    parser.expect('=')?;
    let body = parser.union()?;
    parser.eat(';');
    parser.at_end().then_some(Alias { parameters, body })
}

/// Words that begin a type which is not read here.
const OPERATORS: [&str; 9] = [
    "abstract", "asserts", "import", "infer", "keyof", "new", "readonly", "typeof", "unique",
];

/// What strings are in. A template's parts are not looked at.
const QUOTES: [char; 3] = ['"', '\'', '`'];

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn union(&mut self) -> Option<Type> {
        self.eat('|');
        self.parts('|', Self::intersection, Type::Union)
    }

    fn intersection(&mut self) -> Option<Type> {
        self.eat('&');
        self.parts('&', Self::postfix, Type::Intersection)
    }

    fn parts(
        &mut self,
        separator: char,
        part: fn(&mut Self) -> Option<Type>,
        join: fn(Vec<Type>) -> Type,
    ) -> Option<Type> {
        let first = part(self)?;
        if !self.sees(separator) {
            return Some(first);
        }
        let mut parts = vec![first];
        while self.eat(separator) {
            parts.push(part(self)?);
        }
        Some(join(parts))
    }

    fn postfix(&mut self) -> Option<Type> {
        let mut ty = self.primary()?;
        while self.eat('[') {
            self.expect(']')?;
            ty = Type::List(Box::new(ty));
        }
        Some(ty)
    }

    fn primary(&mut self) -> Option<Type> {
        if self.eat('(') {
            let inner = self.union()?;
            self.expect(')')?;
            return Some(Type::Group(Box::new(inner)));
        }
        if self.eat('{') {
            return Some(Type::Object(self.members()?));
        }
        if self.eat('[') {
            return Some(Type::Tuple(self.list(']', Self::element)?));
        }
        if QUOTES.contains(&self.peek()?) {
            return Some(Type::Literal(self.string()?.to_owned()));
        }
        if self.sees('-') || self.peek()?.is_ascii_digit() {
            return Some(Type::Literal(self.number()?));
        }
        let mut name = self.word()?.to_owned();
        if OPERATORS.contains(&name.as_str()) {
            return None;
        }
        while self.eat('.') {
            name.push('.');
            name.push_str(self.word()?);
        }
        let args = if self.eat('<') {
            self.list('>', Self::union)?
        } else {
            Vec::new()
        };
        Some(Type::Name { name, args })
    }

    /// Items with commas between them and perhaps one after the last, up to `end`.
    fn list<T>(&mut self, end: char, item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat(end) {
            items.push(item(self)?);
            if !self.eat(',') {
                self.expect(end)?;
                break;
            }
        }
        Some(items)
    }

    fn element(&mut self) -> Option<Element> {
        let ty = self.union()?;
        let optional = self.eat('?');
        Some(Element { ty, optional })
    }

    fn parameter(&mut self) -> Option<Parameter> {
        let name = self.word()?.to_owned();
        let default = if self.eat('=') {
            Some(self.union()?)
        } else {
            None
        };
        Some(Parameter { name, default })
    }

    fn members(&mut self) -> Option<Vec<Member>> {
        let mut members = Vec::new();
        while !self.eat('}') {
            members.push(self.member()?);
            if !self.eat(',') && !self.eat(';') {
                self.expect('}')?;
                break;
            }
        }
        Some(members)
    }

    fn member(&mut self) -> Option<Member> {
        let docs = self.docs()?;
        let key = if self.eat('[') {
            let variable = self.word()?.to_owned();
            let mapped = !self.eat(':');
            if mapped && self.word()? != "in" {
                return None;
            }
            let keys = self.union()?;
            self.expect(']')?;
            if mapped {
                Key::Mapped { variable, keys }
            } else {
                Key::Index { variable, keys }
            }
        } else if QUOTES.contains(&self.peek()?) {
            Key::Property(self.string()?.to_owned())
        } else {
            Key::Property(self.word()?.to_owned())
        };
        let optional = self.eat('?');
        self.expect(':')?;
        let ty = self.union()?;
        Some(Member {
            docs,
            key,
            optional,
            ty,
        })
    }

    fn docs(&mut self) -> Option<Vec<String>> {
        self.skip_space();
        if !self.rest.starts_with("/*") {
            return Some(Vec::new());
        }
        let (comment, rest) = split_comment(self.rest)?;
        self.rest = rest;
        Some(comment_lines(comment))
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = self.peek()?;
        let mut escaped = false;
        let (last, _) = self.rest.char_indices().skip(1).find(|&(_, c)| {
            let ends = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        Some(self.take(last + quote.len_utf8()))
    }

    fn number(&mut self) -> Option<String> {
        let sign = if self.eat('-') { "-" } else { "" };
        self.skip_space();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(self.rest.len());
        (end > 0).then(|| format!("{sign}{}", self.take(end)))
    }

    /// An identifier or a keyword.
    fn word(&mut self) -> Option<&'a str> {
        if !super::super::names::starts_identifier(self.peek()?) {
            return None;
        }
        let end = self
            .rest
            .find(|c| !super::super::names::continues_identifier(c))
            .unwrap_or(self.rest.len());
        Some(self.take(end))
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        self.eat(wanted).then_some(())
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.sees(wanted);
        if found {
            self.take(wanted.len_utf8());
        }
        found
    }

    fn sees(&mut self, wanted: char) -> bool {
        self.peek() == Some(wanted)
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.rest.chars().next()
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }
}

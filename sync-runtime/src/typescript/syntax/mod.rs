//! The part of TypeScript's type syntax that ts-rs writes, as data.
//!
//! ts-rs describes a type as text. To lay it out, to qualify a name in it and to tell an object from
//! anything else, the text is read here. What a `#[ts(type = "...")]` holds beyond this part (`keyof Card`,
//! a conditional type) is not read, and such a declaration goes into the file as it is.

mod docs;
mod layout;
mod parse;

pub(super) use docs::comment_lines;
pub(super) use layout::{Writer, flat};
pub(super) use parse::{parse_declaration, parse_type};

/// A TypeScript type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// `string`, `Card`, `Page<Card>`.
    Name { name: String, args: Vec<Type> },
    /// `"todo"`, `-1`, `` `card-${string}` ``.
    Literal(String),
    /// `{ id: string, done?: boolean }`.
    Object(Vec<Member>),
    /// `[string, (number)?]`.
    Tuple(Vec<Element>),
    /// `string[]`.
    List(Box<Type>),
    /// `(A | B)`.
    Group(Box<Type>),
    /// `A | B`.
    Union(Vec<Type>),
    /// `A & B`.
    Intersection(Vec<Type>),
    /// Anything else, as it is.
    Unread(String),
}

/// A property of an object type, or the rule for all its properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// The lines of its doc comment.
    pub(super) docs: Vec<String>,
    pub(super) key: Key,
    pub(super) optional: bool,
    pub(super) ty: Type,
}

/// What is left of a property's colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// `cardId` or `"card-id"`, quotes included.
    Property(String),
    /// `[key in Lane]`.
    Mapped { variable: String, keys: Type },
    /// `[key: string]`.
    Index { variable: String, keys: Type },
}

/// A place in a tuple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) ty: Type,
    pub(super) optional: bool,
}

/// `type Page<T = string> = { items: Array<T> };`, without its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alias {
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Type,
}

/// `T` or `T = string`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) default: Option<Type>,
}

impl Type {
    /// A name without arguments.
    pub(super) fn name(name: &str) -> Self {
        Self::Name {
            name: name.to_owned(),
            args: Vec::new(),
        }
    }

    /// `Record<string, never>`: an object without properties.
    pub(super) fn empty_object() -> Self {
        Self::Name {
            name: "Record".to_owned(),
            args: vec![Self::name("string"), Self::name("never")],
        }
    }

    /// The type with its names replaced where `rename` has another one for them.
    pub(super) fn rename(self, rename: &impl Fn(&str) -> Option<String>) -> Self {
        let all = |types: Vec<Self>| types.into_iter().map(|ty| ty.rename(rename)).collect();
        match self {
            Self::Name { name, args } => Self::Name {
                name: rename(&name).unwrap_or(name),
                args: all(args),
            },
            Self::Literal(_) | Self::Unread(_) => self,
            Self::Object(members) => Self::Object(
                members
                    .into_iter()
                    .map(|member| Member {
                        key: member.key.rename(rename),
                        ty: member.ty.rename(rename),
                        ..member
                    })
                    .collect(),
            ),
            Self::Tuple(elements) => Self::Tuple(
                elements
                    .into_iter()
                    .map(|element| Element {
                        ty: element.ty.rename(rename),
                        ..element
                    })
                    .collect(),
            ),
            Self::List(inner) => Self::List(Box::new(inner.rename(rename))),
            Self::Group(inner) => Self::Group(Box::new(inner.rename(rename))),
            Self::Union(parts) => Self::Union(all(parts)),
            Self::Intersection(parts) => Self::Intersection(all(parts)),
        }
    }
}

impl Key {
    fn rename(self, rename: &impl Fn(&str) -> Option<String>) -> Self {
        match self {
            Self::Property(_) => self,
            Self::Mapped { variable, keys } => Self::Mapped {
                variable,
                keys: keys.rename(rename),
            },
            Self::Index { variable, keys } => Self::Index {
                variable,
                keys: keys.rename(rename),
            },
        }
    }
}

//! The routes and their types as plain data: what is known once ts-rs has been asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::syntax::{Alias, Type, parse_type};

/// All that the generated file is made of.
#[derive(Debug)]
pub(super) struct Model {
    /// Sorted by name and version.
    pub(super) routes: Vec<Route>,
    /// Sorted by name; a [`TypeIndex`] counts in here.
    pub(super) types: Vec<Declaration>,
}

/// A type's place in [`Model::types`].
pub(super) type TypeIndex = usize;

/// One version of one route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) name: &'static str,
    pub(super) version: u32,
    /// What it carries in each role, in order of the text and without repetition.
    pub(super) payloads: BTreeMap<Role, Vec<Payload>>,
    pub(super) error_codes: BTreeSet<&'static str>,
}

/// What a type is for in a route. Its `Display` is what people call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// What the client sends.
    Input,
    /// What the `_server` handler answers.
    ServerOutput,
    /// What the `_client` handler gives each recipient.
    ClientOutput,
    /// What the `_server` handler streams to the client that asked.
    ServerStream,
    /// What the `_server` handler streams to the room, or to those it chooses.
    RoomStream,
    /// What the `_client` handler streams.
    ClientStream,
}

impl Role {
    pub(super) const ALL: [Self; 6] = [
        Self::Input,
        Self::ServerOutput,
        Self::ClientOutput,
        Self::ServerStream,
        Self::RoomStream,
        Self::ClientStream,
    ];

    /// The property of the route map that holds it.
    pub(super) fn property(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::ServerOutput => "serverOutput",
            Self::ClientOutput => "clientOutput",
            Self::ServerStream => "serverStream",
            Self::RoomStream => "roomStream",
            Self::ClientStream => "clientStream",
        }
    }

    /// Streams may carry several types, everything else exactly one.
    pub(in crate::typescript) fn is_stream(self) -> bool {
        matches!(
            self,
            Self::ServerStream | Self::RoomStream | Self::ClientStream
        )
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::ServerOutput => "server output",
            Self::ClientOutput => "client output",
            Self::ServerStream => "server stream",
            Self::RoomStream => "room stream",
            Self::ClientStream => "client stream",
        })
    }
}

/// A type in a role of a route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Payload {
    /// How TypeScript refers to it where everything it names is in scope.
    pub(super) text: String,
    /// The Rust type, with its path.
    pub(super) rust: &'static str,
    /// The declared types that `text` names.
    pub(super) uses: BTreeSet<TypeIndex>,
    /// `()`, which is sent as an object without properties.
    pub(super) is_unit: bool,
}

/// A type with a declaration of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration {
    pub(super) name: String,
    /// The Rust type's path, without generic arguments.
    pub(super) rust: &'static str,
    /// The same with its arguments, placeholders where its declaration has parameters.
    pub(super) full: &'static str,
    /// The lines of its doc comment.
    pub(super) docs: Vec<String>,
    /// ts-rs's declaration.
    pub(super) text: String,
    /// The same, where it could be read.
    pub(super) alias: Option<Alias>,
    /// The declared types that the declaration names.
    pub(super) uses: BTreeSet<TypeIndex>,
}

impl Payload {
    /// The text as a type.
    pub(super) fn ty(&self) -> Type {
        if self.is_unit {
            return Type::empty_object();
        }
        parse_type(&self.text).unwrap_or_else(|| Type::Unread(self.text.clone()))
    }
}

impl Model {
    /// The one of `uses` that is called `name`.
    pub(super) fn named(&self, name: &str, uses: &BTreeSet<TypeIndex>) -> Option<TypeIndex> {
        uses.iter()
            .copied()
            .find(|&used| self.types[used].name == name)
    }
}

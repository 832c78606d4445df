//! Why the routes cannot be described in TypeScript, in words for whoever wrote the handler.

use std::fmt;

use super::model::Role;

/// Something about a type that has to be changed before the routes can be described in TypeScript.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum TypeProblem {
    /// A route carries something that is not a JSON object.
    #[error(
        "the {place}, `{rust_type}`, is not a JSON object: in TypeScript it can be `{typescript}`. \
         Wrap it in a struct with named fields"
    )]
    NotAnObject {
        /// Where it is.
        place: Place,
        /// The Rust type.
        rust_type: String,
        /// What it can be that is not an object.
        typescript: String,
    },

    /// An output or a stream has a field that is added to it as well.
    #[error(
        "the {place}, `{rust_type}`, has a field `{field}`, which every {} already has beside its \
         own: give it another name",
        if place.role.is_stream() { "payload of a stream" } else { "output" }
    )]
    ReservedField {
        /// Where it is.
        place: Place,
        /// The Rust type.
        rust_type: String,
        /// The field, as TypeScript names it.
        field: String,
    },

    /// Several Rust types have one name where only one can have it.
    #[error(
        "{} would all be `{name}` {scope}: give all but one another name with \
         `#[ts(rename = \"...\")]`",
        list(rust_types)
    )]
    NameTaken {
        /// The TypeScript name.
        name: String,
        /// Where they meet, such as "at the top level of the generated file".
        scope: String,
        /// The Rust types, with their paths.
        rust_types: Vec<String>,
    },

    /// A type has a name that TypeScript does not allow, or that the generated file needs itself.
    #[error(
        "`{rust_type}` would be called `{name}` in TypeScript, which cannot be the name of a type \
         there: choose another with `#[ts(rename = \"...\")]`"
    )]
    NotAName {
        /// The TypeScript name.
        name: String,
        /// The Rust type, with its path.
        rust_type: String,
    },

    /// ts-rs cannot describe a type.
    #[error(
        "`{rust_type}` cannot be described in TypeScript: {reason}. Change the type, or say what it is \
         with `#[ts(as = \"...\")]` or `#[ts(type = \"...\")]`"
    )]
    Unsupported {
        /// The Rust type, with its path.
        rust_type: String,
        /// What is in the way.
        reason: String,
    },

    /// A route has two different types where it can have one.
    #[error("the {place} has {} types, {}: a route has one", rust_types.len(), list(rust_types))]
    SeveralTypes {
        /// Where it is.
        place: Place,
        /// The Rust types, with their paths.
        rust_types: Vec<String>,
    },

    /// A route is in the list more than once.
    #[error("`{route}` v{version} is registered more than once")]
    RouteTwice {
        /// The route.
        route: String,
        /// Its version.
        version: u32,
    },
}

/// A role in a route, shown as "server output of `board/moveCard` v1".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The route's name.
    pub route: String,
    /// The route's version.
    pub version: u32,
    /// The role.
    pub role: Role,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of `{}` v{}", self.role, self.route, self.version)
    }
}

/// "`A`, `B` and `C`".
fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

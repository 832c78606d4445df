//! Whether a type has the shape of what travels: always a JSON object, and in an output or a stream without
//! the fields that are added to it.

use std::collections::BTreeMap;

use super::model::{Model, Payload, Role, TypeIndex};
use super::names::without_paths;
use super::problem::{Place, TypeProblem};
use super::syntax::{Key, Type, flat};

/// The fields that are added to what plays a role.
fn added(role: Role) -> &'static [&'static str] {
    match role {
        Role::Input => &[],
        Role::ServerOutput | Role::ClientOutput => &["status"],
        Role::ServerStream | Role::RoomStream | Role::ClientStream => {
            &["cb", "fullName", "status", "__stream"]
        }
    }
}

/// A problem for each payload that can be something other than an object, or that has a field that is
/// added to it.
pub(super) fn problems(model: &Model) -> Vec<TypeProblem> {
    let mut problems = Vec::new();
    for route in &model.routes {
        for (&role, payloads) in &route.payloads {
            for payload in payloads {
                let place = || Place {
                    route: route.name.to_owned(),
                    version: route.version,
                    role,
                };
                if let Some(found) = part(model, payload, &is_no_object) {
                    problems.push(TypeProblem::NotAnObject {
                        place: place(),
                        rust_type: without_paths(payload.rust),
                        // Only an array or a tuple of objects described in place has comments in it.
                        typescript: flat(&found).unwrap_or_else(|| "[...]".to_owned()),
                    });
                } else if let Some(field) = added(role)
                    .iter()
                    .find(|field| part(model, payload, &|part| has_field(part, field)).is_some())
                {
                    problems.push(TypeProblem::ReservedField {
                        place: place(),
                        rust_type: without_paths(payload.rust),
                        field: (*field).to_owned(),
                    });
                }
            }
        }
    }
    problems
}

/// The part of what the payload can be that is wrong. A type that could not be read passes: the type
/// check of the front end still sees it.
fn part(model: &Model, payload: &Payload, is_wrong: &dyn Fn(&Type) -> bool) -> Option<Type> {
    let find = |name: &str| model.named(name, &payload.uses);
    let search = Search {
        model,
        is_wrong,
        depth: 0,
    };
    search.in_type(&payload.ty(), &find, &BTreeMap::new())
}

fn is_no_object(part: &Type) -> bool {
    !matches!(part, Type::Object(_))
}

fn has_field(part: &Type, field: &str) -> bool {
    let Type::Object(members) = part else {
        return false;
    };
    members
        .iter()
        .any(|member| matches!(&member.key, Key::Property(name) if name.trim_matches('"') == field))
}

/// Looks for the part of a type that is wrong: of its objects, literals, arrays and the like.
struct Search<'a> {
    model: &'a Model,
    is_wrong: &'a dyn Fn(&Type) -> bool,
    depth: usize,
}

/// A type argument, resolved where it was written: the part of it that is wrong.
type Arguments<'a> = BTreeMap<&'a str, Option<Type>>;

impl Search<'_> {
    fn in_type(
        &self,
        ty: &Type,
        find: &dyn Fn(&str) -> Option<TypeIndex>,
        arguments: &Arguments<'_>,
    ) -> Option<Type> {
        let search = |ty| self.in_type(ty, find, arguments);
        match ty {
            Type::Unread(_) => None,
            Type::Object(_) | Type::Literal(_) | Type::Tuple(_) | Type::List(_) => {
                (self.is_wrong)(ty).then(|| ty.clone())
            }
            Type::Group(inner) => search(inner),
            Type::Union(parts) | Type::Intersection(parts) => parts.iter().find_map(search),
            Type::Name { name, args } => {
                if let Some(argument) = arguments.get(name.as_str()) {
                    return argument.clone();
                }
                if let Some(index) = find(name) {
                    return self.in_declaration(index, args.iter().map(search).collect());
                }
                match name.as_str() {
                    "string" | "number" | "boolean" | "bigint" | "null" | "undefined" | "true"
                    | "false" | "Array" | "ReadonlyArray" => {
                        (self.is_wrong)(ty).then(|| ty.clone())
                    }
                    "Partial" | "Required" | "Readonly" | "Pick" | "Omit" => {
                        args.first().and_then(search)
                    }
                    _ => None,
                }
            }
        }
    }

    fn in_declaration(&self, index: TypeIndex, args: Vec<Option<Type>>) -> Option<Type> {
        // A type that is nothing but itself would never end.
        if self.depth > self.model.types.len() {
            return None;
        }
        let declaration = &self.model.types[index];
        let alias = declaration.alias.as_ref()?;
        let find = |name: &str| self.model.named(name, &declaration.uses);
        let mut args = args.into_iter();
        let mut arguments = Arguments::new();
        for parameter in &alias.parameters {
            let argument = args.next().unwrap_or_else(|| {
                let default = parameter.default.as_ref()?;
                self.in_type(default, &find, &arguments)
            });
            arguments.insert(&parameter.name, argument);
        }
        let inner = Search {
            depth: self.depth + 1,
            ..*self
        };
        inner.in_type(&alias.body, &find, &arguments)
    }
}

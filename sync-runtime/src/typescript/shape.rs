//! Whether a type is always a JSON object, which everything that travels has to be.

use std::collections::BTreeMap;

use super::model::{Model, Payload, TypeIndex};
use super::names::without_paths;
use super::problem::{Place, TypeProblem};
use super::syntax::{Type, flat};

/// A problem for each payload that can be something other than an object.
pub(super) fn problems(model: &Model) -> Vec<TypeProblem> {
    let mut problems = Vec::new();
    for route in &model.routes {
        for (&role, payloads) in &route.payloads {
            for payload in payloads {
                if let Some(typescript) = not_an_object(model, payload) {
                    problems.push(TypeProblem::NotAnObject {
                        place: Place {
                            route: route.name.to_owned(),
                            version: route.version,
                            role,
                        },
                        rust_type: without_paths(payload.rust),
                        typescript,
                    });
                }
            }
        }
    }
    problems
}

/// What the payload can be that is no object. A type that could not be read passes: the type check of
/// the front end still sees it.
fn not_an_object(model: &Model, payload: &Payload) -> Option<String> {
    let find = |name: &str| model.named(name, &payload.uses);
    let found = Search { model, depth: 0 }.in_type(&payload.ty(), &find, &BTreeMap::new())?;
    // Only an array or a tuple of objects described in place has comments in it.
    flat(&found).or_else(|| Some("[...]".to_owned()))
}

/// Looks for the part of a type that is no object.
struct Search<'a> {
    model: &'a Model,
    depth: usize,
}

/// A type argument, resolved where it was written: the part of it that is no object.
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
            Type::Object(_) | Type::Unread(_) => None,
            Type::Literal(_) | Type::Tuple(_) | Type::List(_) => Some(ty.clone()),
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
                    | "false" | "Array" | "ReadonlyArray" => Some(ty.clone()),
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

//! Where each type is declared, so that every name means one type.
//!
//! A handler file's own types live in a namespace named after the file; everything else is at the top
//! level. Declarations name each other without a namespace, so a type that is named from outside its file
//! moves to the top level, and so does all that it names itself.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Model, Payload, Route, TypeIndex};
use super::names::{can_be_declared, continues_identifier, starts_identifier};
use super::problem::{Place, TypeProblem};
use super::syntax::Type;

/// The scope of each type of a model.
#[derive(Debug)]
pub(super) struct Scopes {
    /// The namespace of each type; `None` is the top level.
    namespaces: Vec<Option<String>>,
}

impl Scopes {
    pub(super) fn of(model: &Model) -> Self {
        let files = handler_files(&model.routes);
        let home = |rust: &str| {
            let module = rust.split("::").nth(1)?;
            files.get(&squashed(module))?.clone()
        };
        let mut namespaces: Vec<_> = model.types.iter().map(|ty| home(ty.rust)).collect();
        while let Some(named_from_outside) =
            model.types.iter().enumerate().find_map(|(user, ty)| {
                ty.uses.iter().copied().find(|&used| {
                    namespaces[used].is_some() && namespaces[used] != namespaces[user]
                })
            })
        {
            namespaces[named_from_outside] = None;
        }
        Self { namespaces }
    }

    /// The types of one scope, by name. `None` is the top level.
    pub(super) fn types_in(&self, namespace: Option<&str>) -> impl Iterator<Item = TypeIndex> {
        self.namespaces
            .iter()
            .enumerate()
            .filter(move |(_, found)| found.as_deref() == namespace)
            .map(|(index, _)| index)
    }

    /// The namespaces that hold types, sorted.
    pub(super) fn namespaces(&self) -> BTreeSet<&str> {
        self.namespaces
            .iter()
            .flatten()
            .map(String::as_str)
            .collect()
    }

    /// The payload as the route map names it, which stands outside of every namespace.
    pub(super) fn qualified(&self, model: &Model, payload: &Payload) -> Type {
        payload.ty().rename(&|name: &str| {
            let used = model.named(name, &payload.uses)?;
            let namespace = self.namespaces[used].as_ref()?;
            Some(format!("{namespace}.{name}"))
        })
    }

    /// Names that are no names, or that mean more than one type where they are used.
    pub(super) fn problems(&self, model: &Model) -> Vec<TypeProblem> {
        let mut problems = Vec::new();
        for ty in &model.types {
            if !ty.text.is_empty() && !can_be_declared(&ty.name) {
                problems.push(TypeProblem::NotAName {
                    name: ty.name.clone(),
                    rust_type: ty.rust.to_owned(),
                });
            }
        }
        let mut met = BTreeMap::new();
        // Declared in the same scope.
        for (index, namespace) in self.namespaces.iter().enumerate() {
            meet(&mut met, model, namespace.as_deref(), [index]);
        }
        // Named in a namespace, where one of that name hides those of the top level.
        for (index, ty) in model.types.iter().enumerate() {
            if let Some(namespace) = self.namespaces[index].as_deref() {
                let hidden = ty.uses.iter().copied().filter(|&used| {
                    self.types_in(Some(namespace))
                        .any(|own| own != used && model.types[own].name == model.types[used].name)
                });
                meet(&mut met, model, Some(namespace), hidden);
            }
        }
        for ((namespace, name), types) in met {
            let scope = match namespace {
                None => "at the top level of the generated file".to_owned(),
                Some(namespace) => format!("in `{namespace}`"),
            };
            problems.extend(name_taken(model, name, scope, &types));
        }
        problems.extend(
            model
                .routes
                .iter()
                .flat_map(|route| mixed_payloads(model, route)),
        );
        problems
    }
}

type Met<'a> = BTreeMap<(Option<&'a str>, &'a str), BTreeSet<TypeIndex>>;

fn meet<'a>(
    met: &mut Met<'a>,
    model: &'a Model,
    scope: Option<&'a str>,
    types: impl IntoIterator<Item = TypeIndex>,
) {
    for index in types {
        met.entry((scope, &model.types[index].name))
            .or_default()
            .insert(index);
    }
}

fn name_taken(
    model: &Model,
    name: &str,
    scope: String,
    types: &BTreeSet<TypeIndex>,
) -> Option<TypeProblem> {
    // A name is empty when ts-rs could not describe the type, which is a problem of its own.
    if types.len() < 2 || name.is_empty() {
        return None;
    }
    let types = || types.iter().map(|&index| &model.types[index]);
    let paths: BTreeSet<&str> = types().map(|ty| ty.rust).collect();
    let mut rust_types: Vec<String> = types()
        .map(|ty| {
            // `Grid<3>` and `Grid<4>`.
            if paths.len() == 1 { ty.full } else { ty.rust }.to_owned()
        })
        .collect();
    rust_types.sort();
    Some(TypeProblem::NameTaken {
        name: name.to_owned(),
        scope,
        rust_types,
    })
}

/// Payloads such as `Pair<a::Card, b::Card>`, in whose text both are just `Card`.
fn mixed_payloads<'a>(
    model: &'a Model,
    route: &'a Route,
) -> impl Iterator<Item = TypeProblem> + 'a {
    route.payloads.iter().flat_map(move |(&role, payloads)| {
        let place = Place {
            route: route.name.to_owned(),
            version: route.version,
            role,
        };
        payloads.iter().flat_map(move |payload| {
            let mut met = BTreeMap::new();
            meet(&mut met, model, None, payload.uses.iter().copied());
            let scope = format!("in the {place}");
            met.into_iter()
                .filter_map(move |((_, name), types)| {
                    name_taken(model, name, scope.clone(), &types)
                })
                .collect::<Vec<_>>()
        })
    })
}

/// The namespaces of all handler files, by their module's squashed name. `None` where two routes have
/// the same one, so that it cannot be told whose file it is.
fn handler_files(routes: &[Route]) -> BTreeMap<String, Option<String>> {
    let mut files = BTreeMap::new();
    for route in routes {
        for side in ["server", "client"] {
            let namespace = namespace(route, side);
            files
                .entry(squashed(&namespace))
                .and_modify(|taken| *taken = None)
                .or_insert(Some(namespace));
        }
    }
    files
}

/// `board_moveCard_server_v1` for `board/moveCard` v1.
fn namespace(route: &Route, side: &str) -> String {
    let mut name: String = route
        .name
        .chars()
        .map(|c| if continues_identifier(c) { c } else { '_' })
        .collect();
    if !name.starts_with(starts_identifier) {
        name.insert(0, '_');
    }
    format!("{name}_{side}_v{}", route.version)
}

/// What `board_moveCard_server_v1` and the module `board_move_card_server_v1` have in common, however
/// the words were told apart: `boardmovecardserverv1`.
fn squashed(name: &str) -> String {
    name.chars()
        .filter(|&c| c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

//! Asks ts-rs about the types of all routes, and about all that they name.
//!
//! ts-rs's own export writes two types of one name into one file and keeps one of them. So the walk is
//! done here, with its [`TypeVisitor`], and what is found is kept by type and not by name.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use ts_rs::Config;

use super::described::{InRoute, Named, Visit};
use super::model::{Declaration, Model, Payload, Route, TypeIndex};
use super::names::without_arguments;
use super::problem::{Place, TypeProblem};
use super::routes::RouteTypes;
use super::syntax::{comment_lines, parse_declaration};

/// The routes and their types as data, and what is in the way of describing them.
pub(super) fn collect(routes: &[RouteTypes], config: &Config) -> (Model, Vec<TypeProblem>) {
    let mut collector = Collector {
        config,
        known: HashMap::new(),
        types: Vec::new(),
        problems: Vec::new(),
    };
    let mut routes: Vec<Route> = routes.iter().map(|route| collector.route(route)).collect();
    routes.sort_by_key(|route| (route.name, route.version));
    collector.find_repeated(&routes);
    let mut model = Model {
        routes,
        types: collector.types,
    };
    sort(&mut model);
    (model, collector.problems)
}

/// What has been found so far.
pub(super) struct Collector<'a> {
    config: &'a Config,
    known: HashMap<TypeId, TypeIndex>,
    types: Vec<Declaration>,
    problems: Vec<TypeProblem>,
}

impl Collector<'_> {
    fn route(&mut self, types: &RouteTypes) -> Route {
        let mut payloads: BTreeMap<_, Vec<Payload>> = BTreeMap::new();
        for (role, describe) in &types.payloads {
            let payload = self.payload(describe);
            let same_role = payloads.entry(*role).or_default();
            if !same_role.contains(&payload) {
                same_role.push(payload);
            }
        }
        for (&role, payloads) in &mut payloads {
            payloads.sort();
            if payloads.len() > 1 && !role.is_stream() {
                self.problems.push(TypeProblem::SeveralTypes {
                    place: Place {
                        route: types.name.to_owned(),
                        version: types.version,
                        role,
                    },
                    rust_types: payloads
                        .iter()
                        .map(|payload| payload.rust.to_owned())
                        .collect(),
                });
            }
        }
        Route {
            name: types.name,
            version: types.version,
            payloads,
            error_codes: types.error_codes.clone(),
        }
    }

    fn find_repeated(&mut self, routes: &[Route]) {
        for pair in routes.windows(2) {
            if (pair[0].name, pair[0].version) == (pair[1].name, pair[1].version) {
                self.problems.push(TypeProblem::RouteTwice {
                    route: pair[0].name.to_owned(),
                    version: pair[0].version,
                });
            }
        }
    }

    /// Describes a type that stands in a route.
    pub(super) fn payload(&mut self, asked: &InRoute) -> Payload {
        let config = self.config;
        Payload {
            text: self
                .ask(asked.rust, || (asked.name)(config))
                .unwrap_or_default(),
            rust: (asked.rust)(),
            uses: self.uses(asked.visit),
            is_unit: (asked.id)() == TypeId::of::<()>(),
        }
    }

    /// Finds or makes the declaration of a type; `None` for types without one, such as `Vec<Card>`.
    fn declare(&mut self, asked: &Named) -> Option<TypeIndex> {
        (asked.output_path)()?;
        let id = (asked.bare_id)();
        if let Some(&index) = self.known.get(&id) {
            return Some(index);
        }
        let config = self.config;
        let full = (asked.bare_rust)();
        let rust = without_arguments(full);
        let (name, docs, text) = self
            .ask(asked.rust, || {
                let docs = (asked.docs)().or_else(asked.bare_docs);
                let (ident, decl) = ((asked.ident)(config), (asked.decl)(config));
                (ident, docs.unwrap_or_default(), decl)
            })
            .unwrap_or_default();

        let index = self.types.len();
        self.known.insert(id, index);
        self.types.push(Declaration {
            name,
            rust,
            full,
            docs: comment_lines(&docs),
            alias: parse_declaration(&text),
            text,
            uses: BTreeSet::new(),
        });
        self.types[index].uses = self.uses(asked.bare_visit);
        if self.types[index].text.starts_with("enum ") {
            self.problems.push(TypeProblem::Unsupported {
                rust_type: rust.to_owned(),
                reason:
                    "with `#[ts(repr(enum))]` it is an `enum`, which exists at run time and not \
                         only as a type"
                        .to_owned(),
            });
        }
        Some(index)
    }

    /// The declarations of the types that one names.
    fn uses(&mut self, visit: fn(&mut Visit<'_>)) -> BTreeSet<TypeIndex> {
        let mut uses = BTreeSet::new();
        visit(&mut Visit::new(&mut |named| {
            uses.extend(self.declare(&named));
        }));
        uses
    }

    /// ts-rs panics over what it cannot describe ("tuple cannot be inlined!"); that becomes a problem.
    fn ask<Answer>(
        &mut self,
        rust: fn() -> &'static str,
        question: impl FnOnce() -> Answer,
    ) -> Option<Answer> {
        match catch_unwind(AssertUnwindSafe(question)) {
            Ok(answer) => Some(answer),
            Err(panic) => {
                self.problems.push(TypeProblem::Unsupported {
                    rust_type: rust().to_owned(),
                    reason: format!("ts-rs says \"{}\"", panic_message(&*panic)),
                });
                None
            }
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it cannot be described")
}

/// Puts the types in the order of their names. The walk found them in the order of the routes and of
/// ts-rs's dependencies, and that one differs from build to build.
///
/// One Rust type that was met as two, `Grid<T, 3>` and `Grid<T, 4>`, becomes one where the declaration
/// is the same.
fn sort(model: &mut Model) {
    let key = |ty: &Declaration| (ty.name.clone(), ty.rust, ty.text.clone());
    let mut sorted: Vec<_> = model.types.iter().map(key).collect();
    sorted.sort();
    sorted.dedup();
    let moved: Vec<TypeIndex> = model
        .types
        .iter()
        .map(|ty| sorted.partition_point(|other| *other < key(ty)))
        .collect();
    let follow =
        |uses: &mut BTreeSet<TypeIndex>| *uses = uses.iter().map(|&used| moved[used]).collect();

    model.types.sort_by_key(key);
    model.types.iter_mut().for_each(|ty| follow(&mut ty.uses));
    model.types.dedup_by(|later, first| {
        let same = key(later) == key(first);
        if same {
            first.uses.append(&mut later.uses);
        }
        same
    });
    for payload in model
        .routes
        .iter_mut()
        .flat_map(|route| route.payloads.values_mut())
        .flatten()
    {
        follow(&mut payload.uses);
    }
}

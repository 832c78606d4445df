//! Asks ts-rs about the types of all routes, and about all that they name.
//!
//! ts-rs's own export writes two types of one name into one file and keeps one of them. So the walk is
//! done here, with its [`TypeVisitor`], and what is found is kept by type and not by name.

use std::any::{Any, TypeId, type_name};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use ts_rs::{Config, TS, TypeVisitor};

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
            uses: self.visit(asked.visit),
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
        self.types[index].uses = self.visit(asked.bare_visit);
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

    fn visit(&mut self, visit: fn(&mut Visit<'_, '_>)) -> BTreeSet<TypeIndex> {
        let mut visitor = Visit {
            collector: self,
            uses: BTreeSet::new(),
        };
        visit(&mut visitor);
        visitor.uses
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

/// What there is to ask of a type that stands in a route.
///
/// Here and in [`Named`] are the functions that ts-rs has for each type, and nothing else: what the walk does
/// with them is compiled once, in this crate, and not again for each type of an app.
#[derive(Debug)]
pub(super) struct InRoute {
    id: fn() -> TypeId,
    rust: fn() -> &'static str,
    name: fn(&Config) -> String,
    visit: fn(&mut Visit<'_, '_>),
}

impl InRoute {
    pub(super) const fn of<T: TS + 'static + ?Sized>() -> Self {
        Self {
            id: TypeId::of::<T>,
            rust: type_name::<T>,
            name: T::name,
            visit: |visitor| {
                visitor.visit::<T>();
                T::visit_generics(visitor);
            },
        }
    }
}

/// What there is to ask of a type that may have a declaration.
///
/// `Page<Card>` and `Page<User>` share the declaration of `Page<T>`: that is what is bare. And what
/// `Page<Card>` names besides is named by whoever says `Page<Card>`, not by that declaration.
struct Named {
    output_path: fn() -> Option<PathBuf>,
    rust: fn() -> &'static str,
    ident: fn(&Config) -> String,
    decl: fn(&Config) -> String,
    docs: fn() -> Option<String>,
    bare_id: fn() -> TypeId,
    bare_rust: fn() -> &'static str,
    bare_docs: fn() -> Option<String>,
    bare_visit: fn(&mut Visit<'_, '_>),
}

impl Named {
    const fn of<T: TS + 'static + ?Sized>() -> Self {
        Self {
            output_path: T::output_path,
            rust: type_name::<T>,
            ident: T::ident,
            decl: T::decl,
            docs: T::docs,
            bare_id: TypeId::of::<T::WithoutGenerics>,
            bare_rust: type_name::<T::WithoutGenerics>,
            bare_docs: T::WithoutGenerics::docs,
            bare_visit: |visitor| T::WithoutGenerics::visit_dependencies(visitor),
        }
    }
}

pub(super) struct Visit<'c, 'a> {
    collector: &'c mut Collector<'a>,
    uses: BTreeSet<TypeIndex>,
}

impl TypeVisitor for Visit<'_, '_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.uses.extend(self.collector.declare(&Named::of::<T>()));
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

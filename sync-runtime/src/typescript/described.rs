//! Types as questions: what ts-rs can be asked of each, without a type parameter.
//!
//! Here are the functions that ts-rs has for each type, and nothing else: what is done with them is compiled once, in
//! this crate, and not again for each type of an app.

use std::any::{TypeId, type_name};
use std::path::PathBuf;

use ts_rs::{Config, TS, TypeVisitor};

/// What there is to ask of a type that stands in a route.
#[derive(Debug)]
pub(super) struct InRoute {
    pub(super) id: fn() -> TypeId,
    pub(super) rust: fn() -> &'static str,
    pub(super) name: fn(&Config) -> String,
    pub(super) visit: fn(&mut Visit<'_>),
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
pub(super) struct Named {
    pub(super) output_path: fn() -> Option<PathBuf>,
    pub(super) rust: fn() -> &'static str,
    pub(super) ident: fn(&Config) -> String,
    pub(super) decl: fn(&Config) -> String,
    pub(super) docs: fn() -> Option<String>,
    pub(super) bare_id: fn() -> TypeId,
    pub(super) bare_rust: fn() -> &'static str,
    pub(super) bare_docs: fn() -> Option<String>,
    pub(super) bare_visit: fn(&mut Visit<'_>),
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

/// ts-rs's way through the types that one names.
pub(super) struct Visit<'a> {
    met: &'a mut dyn FnMut(Named),
}

impl<'a> Visit<'a> {
    /// `met` is told of each of them.
    pub(super) fn new(met: &'a mut dyn FnMut(Named)) -> Self {
        Self { met }
    }
}

impl TypeVisitor for Visit<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        (self.met)(Named::of::<T>());
    }
}

//! What can be told of a type from how it is written.

use syn::{GenericArgument, PathArguments, PathSegment, Type, TypePath};

/// Whether a type is written with this name as its last segment.
pub(super) fn names_type(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

/// The types that a type is written with in angle brackets.
pub(super) fn type_arguments(ty: &Type) -> Vec<&Type> {
    let Some(PathArguments::AngleBracketed(list)) = last_segment(ty).map(|last| &last.arguments)
    else {
        return Vec::new();
    };
    let types = list.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// The type in the angle brackets of the first of these types that is written with this name.
pub(super) fn argument_of<'a>(types: &[&'a Type], name: &str) -> Option<&'a Type> {
    let named = types.iter().find(|ty| names_type(ty, name))?;
    type_arguments(named).into_iter().next()
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(TypePath { path, .. }) => path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

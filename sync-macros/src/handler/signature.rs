//! The signature of a handler's function.

use syn::{
    FnArg, GenericArgument, ItemFn, PathArguments, ReturnType, Type, TypePath, Visibility,
    spanned::Spanned,
};

/// What a handler's function takes and gives back.
pub(super) struct Signature<'a> {
    pub(super) parameters: Vec<&'a Type>,
    pub(super) returns: Returns<'a>,
}

/// What a handler's function gives back.
pub(super) enum Returns<'a> {
    Nothing,
    Output(&'a Type),
    Fallible { output: &'a Type, error: &'a Type },
}

impl<'a> Signature<'a> {
    pub(super) fn of(function: &'a ItemFn) -> syn::Result<Self> {
        let signature = &function.sig;
        if signature.ident != "main" {
            return Err(syn::Error::new(
                signature.ident.span(),
                "a handler's function is named `main`: the file's name is the route's",
            ));
        }
        if !matches!(function.vis, Visibility::Public(_)) {
            return Err(syn::Error::new(
                signature.fn_token.span(),
                "a handler's function is `pub`: `pub async fn main(...)`",
            ));
        }
        if signature.asyncness.is_none() {
            return Err(syn::Error::new(
                signature.fn_token.span(),
                "a handler's function is `async`: `pub async fn main(...)`",
            ));
        }
        if !signature.generics.params.is_empty() {
            return Err(syn::Error::new_spanned(
                &signature.generics,
                "a handler's function cannot be generic: its types are what TypeScript sees",
            ));
        }
        let parameters = signature.inputs.iter().map(parameter);
        let parameters: Vec<&Type> = parameters.collect::<syn::Result<_>>()?;
        one_input(&parameters)?;
        Ok(Self {
            parameters,
            returns: Returns::of(&signature.output)?,
        })
    }
}

fn parameter(argument: &FnArg) -> syn::Result<&Type> {
    match argument {
        FnArg::Typed(parameter) => Ok(&parameter.ty),
        FnArg::Receiver(receiver) => Err(syn::Error::new_spanned(
            receiver,
            "a handler's function is a free function and takes no `self`",
        )),
    }
}

fn one_input(parameters: &[&Type]) -> syn::Result<()> {
    let is_input = |ty: &&&Type| names_type(ty, "Input") || names_type(ty, "Valid");
    match parameters.iter().filter(is_input).nth(1) {
        None => Ok(()),
        Some(second) => Err(syn::Error::new_spanned(
            second,
            "a request has one input: put the fields of both into one struct",
        )),
    }
}

impl<'a> Returns<'a> {
    fn of(output: &'a ReturnType) -> syn::Result<Self> {
        let ty = match output {
            ReturnType::Default => return Ok(Self::Nothing),
            ReturnType::Type(_, ty) => &**ty,
        };
        if !names_type(ty, "Result") {
            refuse_non_object(ty)?;
            return Ok(Self::Output(ty));
        }
        let [output, error] = type_arguments(ty)[..] else {
            return Err(syn::Error::new_spanned(
                ty,
                "write both types of the `Result`: its output and its error",
            ));
        };
        refuse_non_object(output)?;
        Ok(Self::Fallible { output, error })
    }
}

/// Refuses the outputs that are seen at a glance to be no JSON objects. The others are found when
/// the TypeScript is written and, at the latest, when the output is encoded.
fn refuse_non_object(ty: &Type) -> syn::Result<()> {
    const NEVER_OBJECTS: &[&str] = &[
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "str", "String", "Vec", "Option", "HashSet", "BTreeSet",
    ];
    let is_output_of_deliver = names_type(ty, "Deliver");
    if is_output_of_deliver {
        return match type_arguments(ty)[..] {
            [output] => refuse_non_object(output),
            _ => Ok(()),
        };
    }
    let refused = match ty {
        Type::Path(_) => NEVER_OBJECTS.iter().any(|name| names_type(ty, name)),
        Type::Tuple(tuple) => !tuple.elems.is_empty(),
        Type::Array(_) | Type::Slice(_) | Type::Reference(_) => true,
        _ => false,
    };
    if refused {
        return Err(syn::Error::new_spanned(
            ty,
            "an output is a JSON object: put this into a field of a struct with `#[derive(Serialize, TS)]`",
        ));
    }
    Ok(())
}

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

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(TypePath { path, .. }) => path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

//! The signature of a handler's function.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{FnArg, Ident, Type, Visibility, spanned::Spanned};

use super::{function::Function, returns::Returns, types::names_type};
use crate::errors;

/// What a handler's function takes and gives back.
pub(super) struct Signature<'a> {
    name: &'a Ident,
    pub(super) parameters: Vec<&'a Type>,
    pub(super) returns: Returns,
}

impl<'a> Signature<'a> {
    pub(super) fn of(function: &'a Function) -> syn::Result<Self> {
        is_public_async_main(function)?;
        let parameters = function.signature.inputs.iter().map(parameter);
        let parameters = errors::collect(parameters).and_then(one_input);
        let (parameters, returns) =
            errors::both(parameters, Returns::of(&function.signature.output))?;
        Ok(Self {
            name: &function.signature.ident,
            parameters,
            returns,
        })
    }

    /// Makes a future of what the function comes to, with the error at the function's name if it
    /// cannot move between threads.
    pub(super) fn future(&self, outcome: &TokenStream) -> TokenStream {
        quote_spanned!(self.name.span()=> ::sync_runtime::codegen::future(async move { #outcome }))
    }
}

fn is_public_async_main(function: &Function) -> syn::Result<()> {
    let signature = &function.signature;
    if signature.ident != "main" {
        return Err(syn::Error::new(
            signature.ident.span(),
            "a handler's function is named `main`: the file's name is the route's",
        ));
    }
    let missing = match (&function.visibility, signature.asyncness) {
        (Visibility::Public(_), Some(_)) => None,
        (Visibility::Public(_), None) => Some("`async`"),
        (_, Some(_)) => Some("`pub`"),
        (_, None) => Some("`pub` and `async`"),
    };
    if let Some(missing) = missing {
        return Err(syn::Error::new(
            signature.ident.span(),
            format!("a handler's function is {missing}: write `pub async fn main(...)`"),
        ));
    }
    if signature.generics.params.is_empty() {
        Ok(())
    } else {
        Err(generic(&signature.generics))
    }
}

fn parameter(argument: &FnArg) -> syn::Result<&Type> {
    match argument {
        FnArg::Typed(parameter) => match &*parameter.ty {
            Type::ImplTrait(ty) => Err(generic(ty)),
            ty => Ok(ty),
        },
        FnArg::Receiver(receiver) => Err(syn::Error::new_spanned(
            receiver,
            "a handler's function is a free function and takes no `self`",
        )),
    }
}

fn generic(what: &impl ToTokens) -> syn::Error {
    syn::Error::new_spanned(
        what,
        "a handler's function cannot be generic: its types are what TypeScript sees",
    )
}

fn one_input(parameters: Vec<&Type>) -> syn::Result<Vec<&Type>> {
    let is_input = |ty: &&&Type| names_type(ty, "Input") || names_type(ty, "Valid");
    match parameters.iter().filter(is_input).nth(1) {
        None => Ok(parameters),
        Some(second) => Err(syn::Error::new(
            second.span(),
            "a request has one input: put the fields of both into one struct",
        )),
    }
}

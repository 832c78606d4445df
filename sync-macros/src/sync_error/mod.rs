//! `#[derive(SyncError)]`: parsing and expansion, as ordinary functions.

mod attributes;
mod message;
#[cfg(test)]
mod tests;
mod variant;

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use self::variant::ErrorVariant;
use crate::errors;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    derive(&input).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        let stand_in = stand_in(&input);
        quote! { #error #stand_in }
    })
}

fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(
            input.ident.span(),
            "`#[derive(SyncError)]` belongs on an enum: each variant is one error with a code",
        ));
    };
    let variants = errors::collect(data.variants.iter().map(ErrorVariant::of))?;
    one_status_each(&variants)?;
    let arms = variants.iter().map(ErrorVariant::arm);
    Ok(implementation(
        input,
        &variants,
        &quote!(match self { #(#arms)* }),
    ))
}

/// What stands for an error that has a mistake, so that the mistake is the only error: it converts from
/// and into what it would.
fn stand_in(input: &DeriveInput) -> TokenStream {
    let variants: Vec<_> = match &input.data {
        Data::Enum(data) => data.variants.iter().map(ErrorVariant::of).collect(),
        _ => Vec::new(),
    };
    let variants: Vec<_> = variants.into_iter().flatten().collect();
    implementation(input, &variants, &quote!(::core::unreachable!()))
}

fn implementation(
    input: &DeriveInput,
    variants: &[ErrorVariant<'_>],
    into_failure: &TokenStream,
) -> TokenStream {
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let codes = variants.iter().filter_map(ErrorVariant::code);
    let conversions = variants.iter().filter_map(|variant| {
        let source = variant.converts_from()?;
        let variant = variant.ident;
        Some(quote! {
            impl #generics ::core::convert::From<#source> for #name #arguments #bounds {
                fn from(source: #source) -> Self {
                    Self::#variant(source)
                }
            }
        })
    });
    quote! {
        impl #generics ::sync_runtime::codegen::SyncError for #name #arguments #bounds {
            const CODES: &'static [&'static str] = &[#(#codes),*];

            fn into_failure(self) -> ::sync_runtime::codegen::Failure {
                #into_failure
            }
        }

        impl #generics ::core::convert::From<#name #arguments> for ::sync_runtime::codegen::Failure #bounds {
            fn from(error: #name #arguments) -> Self {
                ::sync_runtime::codegen::SyncError::into_failure(error)
            }
        }

        #(#conversions)*
    }
}

/// A code says one thing, so that variants that share one share its status.
fn one_status_each(variants: &[ErrorVariant<'_>]) -> syn::Result<()> {
    let mut firsts = HashMap::new();
    let coded = variants
        .iter()
        .filter_map(|variant| Some((variant.ident, variant.code()?, variant.status()?)));
    let checked = coded.map(|(ident, code, says)| {
        let (first, said) = *firsts.entry(code.value()).or_insert((ident, says));
        if said == says {
            return Ok(());
        }
        let message = format!(
            "`{}` has the status {said} at `{}`, and {says} here: give both variants one status, or each its own code",
            code.value(),
            first,
        );
        Err(syn::Error::new(code.span(), message))
    });
    errors::collect(checked).map(drop)
}

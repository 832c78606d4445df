//! `#[derive(SyncError)]`: parsing and expansion, as ordinary functions.

mod attributes;
mod message;
#[cfg(test)]
mod tests;
mod variant;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use self::variant::ErrorVariant;
use crate::errors;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    syn::parse2(item)
        .and_then(|input| derive(&input))
        .unwrap_or_else(syn::Error::into_compile_error)
}

fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(
            input.ident.span(),
            "`#[derive(SyncError)]` belongs on an enum: each variant is one error with a code",
        ));
    };
    let variants = errors::collect(data.variants.iter().map(ErrorVariant::of))?;

    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let codes = variants.iter().filter_map(ErrorVariant::code);
    let arms = variants.iter().map(ErrorVariant::arm);
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
    Ok(quote! {
        impl #generics ::sync_runtime::codegen::SyncError for #name #arguments #bounds {
            const CODES: &'static [&'static str] = &[#(#codes),*];

            fn into_failure(self) -> ::sync_runtime::codegen::Failure {
                match self { #(#arms)* }
            }
        }

        impl #generics ::core::convert::From<#name #arguments> for ::sync_runtime::codegen::Failure #bounds {
            fn from(error: #name #arguments) -> Self {
                ::sync_runtime::codegen::SyncError::into_failure(error)
            }
        }

        #(#conversions)*
    })
}

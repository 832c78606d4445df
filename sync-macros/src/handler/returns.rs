//! What a handler's function gives back.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ReturnType, Type, spanned::Spanned};

use super::types::{names_type, type_arguments};

/// The types in a handler's return type.
pub(super) struct Returns {
    /// `()` where nothing is given back.
    pub(super) output: Type,
    /// The whole `Deliver<output>`, where the output is wrapped in one.
    pub(super) deliver: Option<Type>,
    error: Option<Type>,
}

impl Returns {
    pub(super) fn of(returned: &ReturnType) -> syn::Result<Self> {
        let returned = match returned {
            ReturnType::Default => &syn::parse_quote!(()),
            ReturnType::Type(_, ty) => &**ty,
        };
        let (delivered, error) = if names_type(returned, "Result") {
            let [output, error] = type_arguments(returned)[..] else {
                return Err(syn::Error::new_spanned(
                    returned,
                    "write both types of the `Result`: its output and its error",
                ));
            };
            (output, Some(error))
        } else {
            (returned, None)
        };
        let (output, deliver) = match type_arguments(delivered)[..] {
            [output] if names_type(delivered, "Deliver") => (output, Some(delivered)),
            _ => (delivered, None),
        };
        may_be_an_object(output)?;
        Ok(Self {
            output: output.clone(),
            deliver: deliver.cloned(),
            error: error.cloned(),
        })
    }

    /// A function of the runtime's `HandlerOutput`, with errors at the user's type.
    pub(super) fn output_function(&self, function: &str) -> TokenStream {
        let output = &self.output;
        let function = Ident::new(function, output.span());
        quote_spanned!(output.span()=> <#output as ::sync_runtime::codegen::HandlerOutput>::#function)
    }

    /// What a call of the handler comes to: its output, given to a function, or its error.
    pub(super) fn outcome(&self, call: &TokenStream, function: &TokenStream) -> TokenStream {
        let Some(error) = &self.error else {
            return quote!(#function(#call.await));
        };
        let into_failure = quote_spanned!(error.span()=> <#error as ::sync_runtime::codegen::SyncError>::into_failure(error));
        quote! {
            match #call.await {
                ::core::result::Result::Ok(output) => #function(output),
                ::core::result::Result::Err(error) => ::core::result::Result::Err(#into_failure),
            }
        }
    }

    /// What adds the error's codes to the `TypeSink` named `types`.
    pub(super) fn describe_error(&self) -> Option<TokenStream> {
        let error = self.error.as_ref()?;
        let codes =
            quote_spanned!(error.span()=> <#error as ::sync_runtime::codegen::SyncError>::CODES);
        Some(quote!(types.error_codes(#codes);))
    }
}

/// Refuses the outputs that are seen at a glance to be no JSON objects, or no types TypeScript could
/// be told of. The others are found when the TypeScript is written and, at the latest, when the
/// output is encoded.
fn may_be_an_object(output: &Type) -> syn::Result<()> {
    const NEVER_OBJECTS: &[&str] = &[
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "str", "String", "Vec", "Option", "HashSet", "BTreeSet",
    ];
    let is_object = match output {
        Type::Path(_) => !NEVER_OBJECTS.iter().any(|name| names_type(output, name)),
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Array(_) | Type::Slice(_) | Type::Reference(_) => false,
        Type::ImplTrait(_) => {
            return Err(syn::Error::new_spanned(
                output,
                "name the type of the output: TypeScript is written from it",
            ));
        }
        _ => true,
    };
    if is_object {
        return Ok(());
    }
    Err(syn::Error::new_spanned(
        output,
        "an output is a JSON object: put this into a field of a struct with `#[derive(Serialize, TS)]`",
    ))
}

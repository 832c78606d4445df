//! `#[sync_handler]`: parsing and expansion, as ordinary functions.

mod args;
mod client;
mod kind;
mod server;
mod signature;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

pub(crate) use self::kind::Kind;

/// Expands the attribute. The user's item is always given back, so that a mistake in the attribute
/// or the signature is one error and the editor goes on understanding the function.
pub(crate) fn expand(kind: Option<Kind>, args: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        let error = syn::Error::new_spanned(
            &item,
            "`#[sync_handler]` belongs on the function of a handler file, `pub async fn main(...)`",
        );
        let error = error.into_compile_error();
        return quote! { #error #item };
    };
    let kind = kind.unwrap_or_else(|| Kind::guess(&args, &function));
    let expanded = match kind {
        Kind::Server => server::expand(args, &function),
        Kind::Client => client::expand(args, &function),
    };
    let expanded = expanded.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        let stand_in = match kind {
            Kind::Server => server::stand_in(),
            Kind::Client => client::stand_in(),
        };
        quote! { #error #stand_in }
    });
    quote! {
        #function

        #expanded
    }
}

/// The type that stands for a file's handler in generated code.
fn marker() -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[derive(Debug)]
        pub enum __SyncHandler {}
    }
}

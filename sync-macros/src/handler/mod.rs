//! `#[sync_handler]`: parsing and expansion, as ordinary functions.

mod args;
mod client;
mod function;
mod kind;
mod returns;
mod server;
mod signature;
#[cfg(test)]
mod tests;
mod types;

use proc_macro2::TokenStream;
use quote::quote;

use self::function::Function;
pub(crate) use self::kind::Kind;

/// Expands the attribute on an item of a file of a kind, where that is known.
///
/// The user's item is always given back, and something always stands for the handler, so that a
/// mistake in the attribute or the signature is one error and the editor goes on understanding the
/// rest.
pub(crate) fn expand(kind: Option<Kind>, args: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<Function>(item.clone()) else {
        let stand_in = kind.map(stand_in);
        let error = syn::Error::new_spanned(
            &item,
            "`#[sync_handler]` belongs on the function of a handler file, `pub async fn main(...)`",
        );
        let error = error.into_compile_error();
        return quote! { #item #error #stand_in };
    };
    let kind = kind.unwrap_or_else(|| Kind::guess(&args, &function.signature));
    if function.signature.receiver().is_some() {
        // A `self` outside of an `impl` is an error of its own.
        let stand_in = stand_in(kind);
        return quote! { #function #stand_in };
    }
    let expanded = match kind {
        Kind::Server => server::expand(args, &function),
        Kind::Client => client::expand(args, &function),
    };
    let expanded = expanded.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        let stand_in = stand_in(kind);
        quote! { #error #stand_in }
    });
    quote! { #function #expanded }
}

/// What stands for a handler that has a mistake, so that the mistake is the only error.
fn stand_in(kind: Kind) -> TokenStream {
    match kind {
        Kind::Server => server::stand_in(),
        Kind::Client => client::stand_in(),
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

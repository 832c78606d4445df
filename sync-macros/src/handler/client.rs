//! The expansion of a `_client` file's handler.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ItemFn, Type, parse_quote, spanned::Spanned};

use super::{
    args, marker,
    signature::{Returns, Signature, names_type, type_arguments},
};

pub(super) fn expand(args: TokenStream, function: &ItemFn) -> syn::Result<TokenStream> {
    args::refuse_in_client(args)?;
    let Signature {
        parameters,
        returns,
    } = Signature::of(function)?;

    let unit = syn::parse_quote!(());
    let never = syn::parse_quote!(::sync_runtime::codegen::Never);
    let (delivers, error): (&Type, &Type) = match returns {
        Returns::Nothing => (&unit, &never),
        Returns::Output(output) => (output, &never),
        Returns::Fallible { output, error } => (output, error),
    };
    let shared_types = parameters.iter().map(|ty| {
        quote_spanned!(ty.span()=> <#ty as ::sync_runtime::codegen::FromFanout<crate::__sync::App>>::Shared)
    });
    let shares = parameters.iter().map(|ty| {
        quote_spanned!(ty.span()=> <#ty as ::sync_runtime::codegen::FromFanout<Self::App>>::share(cx)?)
    });
    let arguments = parameters.iter().enumerate().map(|(index, ty)| {
        let index = Literal::usize_unsuffixed(index);
        quote_spanned!(ty.span()=> <#ty as ::sync_runtime::codegen::FromFanout<Self::App>>::for_recipient(&shared.#index, &cx).await?)
    });
    let call = quote!(main(#(#arguments),*).await);
    let call = match returns {
        Returns::Fallible { .. } => call,
        Returns::Nothing | Returns::Output(_) => quote!(::core::result::Result::Ok(#call)),
    };
    let describe_output = quote_spanned!(delivers.span()=>
        <<#delivers as ::sync_runtime::codegen::IntoDeliver>::Output as ::sync_runtime::codegen::HandlerOutput>::describe_client(types);
    );
    let describe_error =
        quote_spanned!(error.span()=> <#error as ::sync_runtime::codegen::SyncError>::CODES);
    let marker = marker();
    let pair = pair(&parameters);

    Ok(quote! {
        #marker

        impl ::sync_runtime::codegen::ClientHandler for __SyncHandler {
            type App = crate::__sync::App;
            type Shared = (#(#shared_types,)*);
            type Delivers = #delivers;
            type Error = #error;

            fn describe(types: &mut ::sync_runtime::codegen::RouteTypes) {
                #describe_output
                types.error_codes(#describe_error);
            }

            fn share(
                cx: &::sync_runtime::codegen::FanoutContext<'_, Self::App>,
            ) -> ::core::result::Result<Self::Shared, ::sync_runtime::codegen::Failure> {
                let _ = cx;
                ::core::result::Result::Ok((#(#shares,)*))
            }

            async fn run(
                shared: &Self::Shared,
                cx: ::sync_runtime::codegen::RecipientContext<'_, Self::App>,
            ) -> ::core::result::Result<
                ::core::result::Result<Self::Delivers, Self::Error>,
                ::sync_runtime::codegen::Failure,
            > {
                let _ = (shared, &cx);
                ::core::result::Result::Ok(#call)
            }
        }

        #pair
    })
}

/// The macro that the generated code calls with the server file's handler: it compiles only if that
/// one's output is what this file takes, and if not, the error is at this file's `ServerOutput`.
fn pair(parameters: &[&Type]) -> TokenStream {
    let server_output = parameters
        .iter()
        .find(|ty| names_type(ty, "ServerOutput"))
        .and_then(|ty| type_arguments(ty).into_iter().next());
    let check = server_output.map(|taken| {
        quote_spanned! {taken.span()=>
            const _: fn() = || {
                fn pair<T, U: ::sync_runtime::codegen::TakenAs<T>>() {}
                pair::<$taken, <$server as ::sync_runtime::codegen::ServerHandler>::Output>();
            };
        }
    });
    let nothing = parse_quote!(());
    let taken = server_output.unwrap_or(&nothing);
    quote! {
        // The macro is called at the root of the crate, where the names of this file mean nothing.
        #[doc(hidden)]
        pub(crate) type __SyncTaken = #taken;

        #[doc(hidden)]
        macro_rules! __sync_pair {
            ($taken:ty, $server:ty) => { #check };
        }
        pub(crate) use __sync_pair;
    }
}

/// What stands for a handler that has a mistake, so that the mistake is the only error.
pub(super) fn stand_in() -> TokenStream {
    let marker = marker();
    let pair = pair(&[]);
    quote! {
        #marker

        impl ::sync_runtime::codegen::ClientHandler for __SyncHandler {
            type App = crate::__sync::App;
            type Shared = ();
            type Delivers = ();
            type Error = ::sync_runtime::codegen::Never;

            fn describe(_: &mut ::sync_runtime::codegen::RouteTypes) {}

            fn share(
                _: &::sync_runtime::codegen::FanoutContext<'_, Self::App>,
            ) -> ::core::result::Result<Self::Shared, ::sync_runtime::codegen::Failure> {
                ::core::result::Result::Ok(())
            }

            async fn run(
                _: &Self::Shared,
                _: ::sync_runtime::codegen::RecipientContext<'_, Self::App>,
            ) -> ::core::result::Result<
                ::core::result::Result<Self::Delivers, Self::Error>,
                ::sync_runtime::codegen::Failure,
            > {
                ::core::result::Result::Ok(::core::result::Result::Ok(()))
            }
        }

        #pair
    }
}

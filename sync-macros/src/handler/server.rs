//! The expansion of a server file's handler.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ItemFn, Path, Type, spanned::Spanned};

use super::{
    args::{Auth, ServerArgs},
    marker,
    signature::{Returns, Signature, names_type},
};

pub(super) fn expand(args: TokenStream, function: &ItemFn) -> syn::Result<TokenStream> {
    let args = ServerArgs::parse(args)?;
    let Signature {
        parameters,
        returns,
    } = Signature::of(function)?;
    let (auth, authorize, predicates) = match &args.auth {
        Auth::None => {
            refuse_session(&parameters)?;
            (quote!(None), None, &[][..])
        }
        Auth::Login { predicates } => (quote!(Login), authorize(predicates), &predicates[..]),
    };

    let unit = syn::parse_quote!(());
    let never = syn::parse_quote!(::sync_runtime::codegen::Never);
    let (output, error): (&Type, &Type) = match returns {
        Returns::Nothing => (&unit, &never),
        Returns::Output(output) => (output, &never),
        Returns::Fallible { output, error } => (output, error),
    };
    let describe_parameters = parameters.iter().map(|ty| {
        quote_spanned!(ty.span()=> <#ty as ::sync_runtime::codegen::FromRequest<Self::App>>::describe(types);)
    });
    let describe_predicates = predicates.iter().map(|predicate| {
        quote_spanned!(predicate.span()=> ::sync_runtime::codegen::describe_predicate::<Self::App, _, _>(#predicate, types);)
    });
    let describe_output = quote_spanned!(output.span()=> <#output as ::sync_runtime::codegen::HandlerOutput>::describe_server(types););
    let describe_error =
        quote_spanned!(error.span()=> <#error as ::sync_runtime::codegen::SyncError>::CODES);
    let arguments = parameters.iter().map(|ty| {
        quote_spanned!(ty.span()=> <#ty as ::sync_runtime::codegen::FromRequest<Self::App>>::from_request(cx)?)
    });
    let call = quote!(main(#(#arguments),*));
    let call = match returns {
        Returns::Fallible { .. } => call,
        Returns::Nothing | Returns::Output(_) => quote! {{
            let call = #call;
            async move { ::core::result::Result::Ok(call.await) }
        }},
    };
    let marker = marker();

    Ok(quote! {
        #marker

        impl ::sync_runtime::codegen::ServerHandler for __SyncHandler {
            type App = crate::__sync::App;
            type Output = #output;
            type Error = #error;

            const AUTH: ::sync_runtime::codegen::Auth = ::sync_runtime::codegen::Auth::#auth;

            fn describe(types: &mut ::sync_runtime::codegen::RouteTypes) {
                #(#describe_parameters)*
                #(#describe_predicates)*
                #describe_output
                types.error_codes(#describe_error);
            }

            #authorize

            fn prepare(
                cx: &::sync_runtime::codegen::RequestContext<'_, Self::App>,
            ) -> ::core::result::Result<
                impl ::core::future::Future<Output = ::core::result::Result<Self::Output, Self::Error>>
                    + ::core::marker::Send
                    + 'static,
                ::sync_runtime::codegen::Failure,
            > {
                ::core::result::Result::Ok(#call)
            }
        }
    })
}

fn authorize(predicates: &[Path]) -> Option<TokenStream> {
    if predicates.is_empty() {
        return None;
    }
    let checks = predicates.iter().map(|predicate| {
        quote_spanned!(predicate.span()=> ::sync_runtime::codegen::check::<Self::App, _, _>(#predicate, cx).await?;)
    });
    Some(quote! {
        async fn authorize(
            cx: &::sync_runtime::codegen::RequestContext<'_, Self::App>,
        ) -> ::core::result::Result<(), ::sync_runtime::codegen::Failure> {
            #(#checks)*
            ::core::result::Result::Ok(())
        }
    })
}

fn refuse_session(parameters: &[&Type]) -> syn::Result<()> {
    match parameters.iter().find(|ty| names_type(ty, "Session")) {
        None => Ok(()),
        Some(session) => Err(syn::Error::new_spanned(
            session,
            "`Session` needs a login: write `auth = login`, or take `Option<Session<...>>`",
        )),
    }
}

/// What stands for a handler that has a mistake, so that the mistake is the only error.
pub(super) fn stand_in() -> TokenStream {
    let marker = marker();
    quote! {
        #marker

        impl ::sync_runtime::codegen::ServerHandler for __SyncHandler {
            type App = crate::__sync::App;
            type Output = ::sync_runtime::codegen::Mistaken;
            type Error = ::sync_runtime::codegen::Never;

            const AUTH: ::sync_runtime::codegen::Auth = ::sync_runtime::codegen::Auth::Login;

            fn describe(_: &mut ::sync_runtime::codegen::RouteTypes) {}

            fn prepare(
                _: &::sync_runtime::codegen::RequestContext<'_, Self::App>,
            ) -> ::core::result::Result<
                impl ::core::future::Future<Output = ::core::result::Result<Self::Output, Self::Error>>
                    + ::core::marker::Send
                    + 'static,
                ::sync_runtime::codegen::Failure,
            > {
                ::core::result::Result::Ok(::core::future::pending())
            }
        }
    }
}

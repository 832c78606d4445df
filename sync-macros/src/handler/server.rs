//! The expansion of a server file's handler.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, Type, spanned::Spanned};

use super::{
    args::{Auth, History, OnDisconnect, RateLimit, ServerArgs, Timeout},
    function::Function,
    marker,
    signature::Signature,
    types::{argument_of, names_type},
};
use crate::errors;

pub(super) fn expand(args: TokenStream, function: &Function) -> syn::Result<TokenStream> {
    let (args, signature) = errors::both(
        ServerArgs::parse(args, function.attribute_span()),
        Signature::of(function),
    )?;
    refuse_deliver(&signature)?;
    let Signature {
        parameters,
        returns,
        ..
    } = &signature;
    let (auth, predicates) = match &args.auth {
        Auth::None => {
            refuse_session(parameters)?;
            (quote!(None), &[][..])
        }
        Auth::Login { predicates } => (quote!(Login), &predicates[..]),
    };

    let describe_parameters = parameters.iter().map(|ty| {
        quote_spanned!(ty.span()=> <#ty as ::sync_runtime::codegen::FromRequest<Self::App>>::describe(types);)
    });
    let arguments = parameters.iter().map(|ty| {
        quote_spanned!(ty.span()=> <#ty as ::sync_runtime::codegen::FromRequest<Self::App>>::from_request(cx)?)
    });
    let describe_predicates = predicates.iter().map(|predicate| {
        quote_spanned!(predicate.span()=> ::sync_runtime::codegen::Predicate::<Self::App, _>::describe(&#predicate, types);)
    });
    let takes_input = takes_input(parameters);
    let output = &returns.output;
    let describe_output = returns.output_function("describe_server");
    let describe_error = returns.describe_error();
    let predicates = ask(predicates);
    let answer = returns.output_function("answer");
    let call = signature.future(&returns.outcome(&quote!(call), &answer));
    let rate_limit = args.rate_limit.map(rate_limit);
    let timeout = args.timeout.map(timeout);
    let on_disconnect = args.on_disconnect.map(on_disconnect);
    let replay = args
        .replay
        .map(|span| replay(span, parameters))
        .transpose()?;
    let history = args.history.map(history);
    let marker = marker();

    Ok(quote! {
        #marker

        impl ::sync_runtime::codegen::ServerHandler for __SyncHandler {
            type App = crate::__sync::App;
            type Output<Taken> = #output;

            const AUTH: ::sync_runtime::codegen::Auth = ::sync_runtime::codegen::Auth::#auth;
            #rate_limit
            #timeout
            #on_disconnect
            #replay
            #history
            #predicates

            fn describe(types: &mut impl ::sync_runtime::codegen::TypeSink) {
                #(#describe_parameters)*
                #(#describe_predicates)*
                #describe_output(types);
                #describe_error
            }

            fn prepare(
                cx: &::sync_runtime::codegen::RequestContext<'_, Self::App>,
            ) -> ::core::result::Result<
                ::sync_runtime::codegen::PreparedCall,
                ::sync_runtime::codegen::Failure,
            > {
                let call = main(#(#arguments),*);
                ::core::result::Result::Ok(#call)
            }
        }

        #takes_input
    })
}

/// The input that it takes, as a parameter of a trait: as an associated type it could not be private. A
/// handler that takes none has nothing against what its `_client` file takes, as it may read the input
/// otherwise or leave it to those who publish.
fn takes_input(parameters: &[&Type]) -> TokenStream {
    let input = ["Input", "Valid"].map(|name| argument_of(parameters, name));
    let input = input.into_iter().flatten().next().map_or_else(
        || quote!(::sync_runtime::codegen::AnyInput),
        |input| quote!(::sync_runtime::codegen::Input<#input>),
    );
    quote! {
        impl ::sync_runtime::codegen::TakesInput<#input> for __SyncHandler {}
    }
}

fn rate_limit(limit: RateLimit) -> TokenStream {
    let limit = match limit {
        RateLimit::Off => quote!(RateLimit::Off),
        RateLimit::Limited { count, seconds } => quote!(rate_limit(#count, #seconds)),
    };
    quote! {
        const RATE_LIMIT: ::sync_runtime::codegen::RateLimit = ::sync_runtime::codegen::#limit;
    }
}

fn timeout(Timeout { milliseconds }: Timeout) -> TokenStream {
    quote! {
        const TIMEOUT: ::core::option::Option<::core::time::Duration> =
            ::core::option::Option::Some(::core::time::Duration::from_millis(#milliseconds));
    }
}

fn on_disconnect(end: OnDisconnect) -> TokenStream {
    let end = match end {
        OnDisconnect::Cancel => quote!(Cancel),
        OnDisconnect::Finish => quote!(Finish),
    };
    quote! {
        const ON_DISCONNECT: ::sync_runtime::codegen::OnDisconnect =
            ::sync_runtime::codegen::OnDisconnect::#end;
    }
}

fn replay(given: Span, parameters: &[&Type]) -> syn::Result<TokenStream> {
    if !parameters.iter().any(|ty| names_type(ty, "Broadcast")) {
        return Err(syn::Error::new(
            given,
            "`replay` keeps what `Broadcast` sends for those who join while the function runs: take a `Broadcast<...>`",
        ));
    }
    Ok(quote! {
        const REPLAY: bool = true;
    })
}

fn history(History { count, age }: History) -> TokenStream {
    let count = optional(count);
    let age = optional(
        age.map(|milliseconds| quote!(::core::time::Duration::from_millis(#milliseconds))),
    );
    quote! {
        const HISTORY: ::core::option::Option<::sync_runtime::codegen::Keep> =
            ::core::option::Option::Some(::sync_runtime::codegen::Keep { count: #count, age: #age });
    }
}

fn optional(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn ask(predicates: &[Path]) -> Option<TokenStream> {
    if predicates.is_empty() {
        return None;
    }
    let checks = predicates.iter().map(|predicate| {
        quote_spanned!(predicate.span()=> ::sync_runtime::codegen::Predicate::<Self::App, _>::check(#predicate, cx).await?;)
    });
    Some(quote! {
        const PREDICATES: ::core::option::Option<::sync_runtime::codegen::Predicates> =
            ::core::option::Option::Some(|request| ::sync_runtime::codegen::future(async move {
                let cx = &::sync_runtime::codegen::Request::context::<Self::App>(request)?;
                #(#checks)*
                ::core::result::Result::Ok(())
            }));
    })
}

fn refuse_deliver(signature: &Signature<'_>) -> syn::Result<()> {
    match &signature.returns.deliver {
        None => Ok(()),
        Some(deliver) => Err(syn::Error::new_spanned(
            deliver,
            "a server file answers its output itself: `Deliver` is for the `_client` file, which decides for each recipient",
        )),
    }
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

pub(super) fn stand_in() -> TokenStream {
    let marker = marker();
    let takes_input = takes_input(&[]);
    quote! {
        #marker

        impl ::sync_runtime::codegen::ServerHandler for __SyncHandler {
            type App = crate::__sync::App;
            type Output<Taken> = Taken;

            const AUTH: ::sync_runtime::codegen::Auth = ::sync_runtime::codegen::Auth::Login;

            fn describe(_: &mut impl ::sync_runtime::codegen::TypeSink) {}

            fn prepare(
                _: &::sync_runtime::codegen::RequestContext<'_, Self::App>,
            ) -> ::core::result::Result<
                ::sync_runtime::codegen::PreparedCall,
                ::sync_runtime::codegen::Failure,
            > {
                ::core::unreachable!()
            }
        }

        #takes_input
    }
}

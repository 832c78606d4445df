//! The expansion of a `_client` file's handler.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{
    args,
    function::Function,
    marker,
    signature::Signature,
    types::{argument_of, names_type},
};
use crate::errors;

pub(super) fn expand(args: TokenStream, function: &Function) -> syn::Result<TokenStream> {
    let ((), signature) = errors::both(args::refuse_in_client(args), Signature::of(function))?;
    let Signature {
        parameters,
        returns,
        ..
    } = &signature;
    let pair = pair(parameters);
    let input = input(parameters);

    let parameters: Vec<_> = parameters.iter().enumerate().map(Parameter::new).collect();
    let names = parameters.iter().map(Parameter::name);
    let describe_names = names.clone();
    let describe_parameters = parameters.iter().map(Parameter::describe);
    let shares = parameters.iter().map(Parameter::share);
    let arguments = parameters.iter().map(Parameter::for_recipient);
    let describe_output = returns.output_function("describe_client");
    let describe_error = returns.describe_error();
    let deliver = returns.output_function(match returns.deliver {
        Some(_) => "deliver",
        None => "send",
    });
    let call = quote!(main(#(#arguments),*));
    let call = signature.future(&returns.outcome(&call, &deliver));
    let marker = marker();

    Ok(quote! {
        #marker

        impl ::sync_runtime::codegen::ClientHandler for __SyncHandler {
            type App = crate::__sync::App;
            type Input = #input;

            fn describe(types: &mut impl ::sync_runtime::codegen::TypeSink) {
                #(#describe_names)*
                #(#describe_parameters)*
                #describe_output(types);
                #describe_error
            }

            fn share(
                cx: &::sync_runtime::codegen::FanoutContext<'_, Self::App>,
            ) -> ::core::result::Result<
                ::std::boxed::Box<dyn ::sync_runtime::codegen::ForRecipients<Self::App>>,
                ::sync_runtime::codegen::Failure,
            > {
                #(#names)*
                let shared = (#(#shares,)*);
                ::core::result::Result::Ok(::sync_runtime::codegen::for_recipients(
                    shared,
                    |shared, cx| #call,
                ))
            }
        }

        #pair
    })
}

/// A parameter under a name of its own.
///
/// Its type is named twice, and rustc reports what is wrong with it at every mention of it and every
/// call. What it reports in one place is shown as one error: so all of it stands at the first token of
/// the type.
struct Parameter<'a> {
    ty: &'a Type,
    index: Literal,
    name: Ident,
}

impl<'a> Parameter<'a> {
    fn new((index, ty): (usize, &&'a Type)) -> Self {
        Self {
            ty,
            index: Literal::usize_unsuffixed(index),
            name: format_ident!("Parameter{index}", span = ty.span()),
        }
    }

    fn name(&self) -> TokenStream {
        let Self { ty, name, .. } = self;
        quote!(type #name = #ty;)
    }

    fn describe(&self) -> TokenStream {
        let Self { ty, name, .. } = self;
        quote_spanned!(ty.span()=> <#name as ::sync_runtime::codegen::FromFanout<Self::App>>::describe(types);)
    }

    fn share(&self) -> TokenStream {
        let Self { ty, name, .. } = self;
        quote_spanned!(ty.span()=> <#name as ::sync_runtime::codegen::FromFanout<Self::App>>::share(cx)?)
    }

    fn for_recipient(&self) -> TokenStream {
        let Self { ty, index, name } = self;
        quote_spanned!(ty.span()=> <#name as ::sync_runtime::codegen::FromFanout<Self::App>>::for_recipient(&shared.#index, &cx).await?)
    }
}

/// What it takes of the input, which has to be given where there is no request.
fn input(parameters: &[&Type]) -> TokenStream {
    let taken = parameters.iter().find(|ty| names_type(ty, "Input"));
    taken.map_or_else(
        || quote!(::sync_runtime::codegen::NoInput),
        ToTokens::to_token_stream,
    )
}

/// The macro that the generated code calls with what this file takes and the server file's handler:
/// it compiles only if that is what the server file answers and takes itself, and if not, the error is
/// at this file's `ServerOutput` or `Input`.
fn pair(parameters: &[&Type]) -> TokenStream {
    let output = argument_of(parameters, "ServerOutput");
    let input = argument_of(parameters, "Input");
    let checks = [
        output.map(|ty| {
            let own = quote!(<$server as ::sync_runtime::codegen::ServerHandler>::Output<Taken>);
            let own_as_taken = quote_spanned!(ty.span()=> <Own as ::sync_runtime::codegen::TakenAs<Taken>>::CHECKED);
            check(&quote!(Output), &quote!(type Own = #own; #own_as_taken))
        }),
        input.map(|ty| {
            let same = quote_spanned!(ty.span()=> ::sync_runtime::codegen::same_input::<$server, _, Taken>());
            check(&quote!(Input), &same)
        }),
    ];
    let checks = checks.iter().flatten();
    let nothing = syn::parse_quote!(());
    let [output, input] = [output, input].map(|taken| taken.unwrap_or(&nothing));
    quote! {
        // The macro is called at the root of the crate, where the names of this file mean nothing.
        #[doc(hidden)]
        pub(crate) type __SyncTaken = (#output, #input);

        #[doc(hidden)]
        macro_rules! __sync_pair {
            ($taken:ty, $server:ty) => { #(#checks)* };
        }
        pub(crate) use __sync_pair;
    }
}

/// A check of one of the types in `__SyncTaken`.
fn check(taken: &TokenStream, check: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            type Taken = <$taken as ::sync_runtime::codegen::Taken>::#taken;
            #check
        };
    }
}

pub(super) fn stand_in() -> TokenStream {
    let marker = marker();
    let pair = pair(&[]);
    quote! {
        #marker

        impl ::sync_runtime::codegen::ClientHandler for __SyncHandler {
            type App = crate::__sync::App;
            type Input = ::sync_runtime::codegen::AnyInput;

            fn describe(_: &mut impl ::sync_runtime::codegen::TypeSink) {}

            fn share(
                _: &::sync_runtime::codegen::FanoutContext<'_, Self::App>,
            ) -> ::core::result::Result<
                ::std::boxed::Box<dyn ::sync_runtime::codegen::ForRecipients<Self::App>>,
                ::sync_runtime::codegen::Failure,
            > {
                ::core::unreachable!()
            }
        }

        #pair
    }
}

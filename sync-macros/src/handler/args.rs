//! The arguments of `#[sync_handler(...)]`.

use proc_macro2::{Span, TokenStream};
use syn::{
    Ident, Path, Token, parenthesized,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

/// The arguments of a server file's `#[sync_handler(...)]`.
pub(super) struct ServerArgs {
    pub(super) auth: Auth,
}

/// Who may use the route.
pub(super) enum Auth {
    None,
    Login { predicates: Vec<Path> },
}

const KNOWN: &str = "`#[sync_handler]` takes: `auth`";
const AUTH_TAKES: &str =
    "`auth` takes `none`, `login`, or `login(predicate, ...)` with functions that decide";

impl ServerArgs {
    /// Parses them; `attribute` is where a missing one belongs.
    pub(super) fn parse(tokens: TokenStream, attribute: Span) -> syn::Result<Self> {
        let mut auth = None;
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let key: Ident = input.parse()?;
                if key != "auth" {
                    let message = format!("unknown argument `{key}`; {KNOWN}");
                    return Err(syn::Error::new(key.span(), message));
                }
                if !input.peek(Token![=]) {
                    return Err(syn::Error::new(key.span(), AUTH_TAKES));
                }
                input.parse::<Token![=]>()?;
                if auth.replace(input.parse()?).is_some() {
                    return Err(syn::Error::new(key.span(), "`auth` is given twice"));
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        Parser::parse2(parser, tokens)?;
        let auth = auth.ok_or_else(|| {
            syn::Error::new(
                attribute,
                "say who may use this route: `#[sync_handler(auth = login)]`, or `auth = none` for anybody",
            )
        })?;
        Ok(Self { auth })
    }
}

impl Parse for Auth {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word: Ident = match input.parse() {
            Ok(word) => word,
            Err(error) => return Err(syn::Error::new(error.span(), AUTH_TAKES)),
        };
        match word.to_string().as_str() {
            "none" => Ok(Self::None),
            "login" if input.peek(syn::token::Paren) => {
                let list;
                parenthesized!(list in input);
                let predicates = Punctuated::<Path, Token![,]>::parse_terminated(&list)?;
                if predicates.is_empty() {
                    return Err(syn::Error::new(
                        word.span(),
                        "`login()` names no predicate: write `login`, or name the functions that decide",
                    ));
                }
                Ok(Self::Login {
                    predicates: predicates.into_iter().collect(),
                })
            }
            "login" => Ok(Self::Login {
                predicates: Vec::new(),
            }),
            _ => Err(syn::Error::new(word.span(), AUTH_TAKES)),
        }
    }
}

/// A `_client` file's `#[sync_handler]` takes nothing.
pub(super) fn refuse_in_client(tokens: TokenStream) -> syn::Result<()> {
    if tokens.is_empty() {
        return Ok(());
    }
    Err(syn::Error::new_spanned(
        tokens,
        "a `_client` file's `#[sync_handler]` takes no arguments: who may use the route is said in its server file",
    ))
}

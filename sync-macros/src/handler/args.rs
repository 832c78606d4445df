//! The arguments of `#[sync_handler(...)]`.

use proc_macro2::{Span, TokenStream};
use syn::{
    Ident, LitStr, Path, Token, parenthesized,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

/// The arguments of a server file's `#[sync_handler(...)]`.
pub(super) struct ServerArgs {
    pub(super) auth: Auth,
    pub(super) rate_limit: Option<RateLimit>,
    /// In milliseconds.
    pub(super) timeout: Option<u64>,
}

/// Who may use the route.
pub(super) enum Auth {
    None,
    Login { predicates: Vec<Path> },
}

/// How often somebody may use the route.
pub(super) enum RateLimit {
    Off,
    Limited { count: u32, seconds: u64 },
}

const KNOWN: &str = "`#[sync_handler]` takes: `auth`, `rate_limit`, `timeout`";
const AUTH_TAKES: &str =
    "`auth` takes `none`, `login`, or `login(predicate, ...)` with functions that decide";
const RATE_LIMIT_TAKES: &str = "`rate_limit` takes `off`, or a number of requests and a time: `\"60/min\"`, `\"5/s\"`, `\"1000/h\"`";
const TIMEOUT_TAKES: &str =
    "`timeout` takes a time with its unit: `\"30s\"`, `\"500ms\"`, `\"2min\"`";

impl ServerArgs {
    /// Parses them; `attribute` is where a missing one belongs.
    pub(super) fn parse(tokens: TokenStream, attribute: Span) -> syn::Result<Self> {
        let (mut auth, mut rate_limit, mut timeout) = (None, None, None);
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let key: Ident = input.parse()?;
                let is_again = match key.to_string().as_str() {
                    "auth" => auth.replace(value(input, &key, AUTH_TAKES)?).is_some(),
                    "rate_limit" => {
                        let given = value(input, &key, RATE_LIMIT_TAKES)?;
                        rate_limit.replace(given).is_some()
                    }
                    "timeout" => {
                        let Timeout(given) = value(input, &key, TIMEOUT_TAKES)?;
                        timeout.replace(given).is_some()
                    }
                    _ => {
                        let message = format!("unknown argument `{key}`; {KNOWN}");
                        return Err(syn::Error::new(key.span(), message));
                    }
                };
                if is_again {
                    let message = format!("`{key}` is given twice");
                    return Err(syn::Error::new(key.span(), message));
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
        Ok(Self {
            auth,
            rate_limit,
            timeout,
        })
    }
}

/// The value of an argument, after its `=`.
fn value<T: Parse>(input: ParseStream<'_>, key: &Ident, takes: &str) -> syn::Result<T> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(key.span(), takes));
    }
    input.parse::<Token![=]>()?;
    input.parse()
}

impl Parse for RateLimit {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Ident) {
            let word: Ident = input.parse()?;
            return if word == "off" {
                Ok(Self::Off)
            } else {
                Err(syn::Error::new(word.span(), RATE_LIMIT_TAKES))
            };
        }
        let text: LitStr = literal(input, RATE_LIMIT_TAKES)?;
        rate(&text.value()).ok_or_else(|| syn::Error::new(text.span(), RATE_LIMIT_TAKES))
    }
}

fn rate(text: &str) -> Option<RateLimit> {
    let (count, unit) = text.split_once('/')?;
    let seconds = match unit.trim() {
        "s" => 1,
        "min" => 60,
        "h" => 60 * 60,
        _ => return None,
    };
    let count = count.trim().parse().ok().filter(|count| *count > 0)?;
    Some(RateLimit::Limited { count, seconds })
}

/// A time in milliseconds.
struct Timeout(u64);

impl Parse for Timeout {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let text: LitStr = literal(input, TIMEOUT_TAKES)?;
        let milliseconds = milliseconds(&text.value());
        milliseconds
            .map(Self)
            .ok_or_else(|| syn::Error::new(text.span(), TIMEOUT_TAKES))
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let number = text.strip_suffix(unit)?.parse::<u64>().ok()?;
    let factor = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "min" => 60 * 1000,
        _ => return None,
    };
    number.checked_mul(factor).filter(|time| *time > 0)
}

/// A text, or an error that says what belongs here.
fn literal(input: ParseStream<'_>, takes: &str) -> syn::Result<LitStr> {
    input
        .parse()
        .map_err(|error| syn::Error::new(error.span(), takes))
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

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn parse(tokens: TokenStream) -> Result<ServerArgs, String> {
        ServerArgs::parse(tokens, Span::call_site()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_rate_and_a_time_are_read_with_their_units() {
        let args = parse(quote!(auth = none, rate_limit = "5/s", timeout = "2min"));
        let args = args.unwrap_or_else(|error| panic!("{error}"));
        assert!(matches!(
            args.rate_limit,
            Some(RateLimit::Limited {
                count: 5,
                seconds: 1
            })
        ));
        assert_eq!(args.timeout, Some(120_000));
        let args = parse(quote!(rate_limit = off, auth = login, timeout = "500ms"));
        let args = args.unwrap_or_else(|error| panic!("{error}"));
        assert!(matches!(args.rate_limit, Some(RateLimit::Off)));
        assert_eq!(args.timeout, Some(500));
    }

    #[test]
    fn a_rate_or_a_time_that_is_none_says_what_it_takes() {
        for tokens in [
            quote!(auth = none, rate_limit = 60),
            quote!(auth = none, rate_limit = on),
            quote!(auth = none, rate_limit = "0/s"),
            quote!(auth = none, rate_limit = "60 per minute"),
            quote!(auth = none, rate_limit),
        ] {
            assert_eq!(parse(tokens).err().as_deref(), Some(RATE_LIMIT_TAKES));
        }
        for tokens in [
            quote!(auth = none, timeout = 30),
            quote!(auth = none, timeout = "30"),
            quote!(auth = none, timeout = "0s"),
            quote!(auth = none, timeout = "-1s"),
            quote!(auth = none, timeout = "99999999999999999999s"),
        ] {
            assert_eq!(parse(tokens).err().as_deref(), Some(TIMEOUT_TAKES));
        }
    }
}

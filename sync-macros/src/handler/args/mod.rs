//! The arguments of `#[sync_handler(...)]`.

mod auth;
mod history;
mod limits;
mod streams;

use proc_macro2::{Span, TokenStream};
use syn::{
    Ident, Token,
    parse::{Parse, ParseStream, Parser},
};

pub(super) use self::{
    auth::Auth,
    history::History,
    limits::{RateLimit, Timeout},
    streams::OnDisconnect,
};

/// The arguments of a server file's `#[sync_handler(...)]`.
pub(super) struct ServerArgs {
    pub(super) auth: Auth,
    pub(super) rate_limit: Option<RateLimit>,
    pub(super) timeout: Option<Timeout>,
    pub(super) on_disconnect: Option<OnDisconnect>,
    /// Where it is given.
    pub(super) replay: Option<Span>,
    pub(super) history: Option<History>,
}

const KNOWN: &str = "`#[sync_handler]` takes: `auth`, `rate_limit`, `timeout`, `history`, `on_disconnect`, `replay`";

impl ServerArgs {
    /// Parses them; `attribute` is where a missing one belongs.
    pub(super) fn parse(tokens: TokenStream, attribute: Span) -> syn::Result<Self> {
        let mut auth = None;
        let mut rate_limit = None;
        let mut timeout = None;
        let mut on_disconnect = None;
        let mut replay = None;
        let mut history = None;
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let key: Ident = input.parse()?;
                match key.to_string().as_str() {
                    "auth" => value(input, &key, auth::TAKES, &mut auth)?,
                    "rate_limit" => value(input, &key, limits::RATE_TAKES, &mut rate_limit)?,
                    "timeout" => value(input, &key, limits::TIMEOUT_TAKES, &mut timeout)?,
                    "on_disconnect" => {
                        let takes = streams::ON_DISCONNECT_TAKES;
                        value(input, &key, takes, &mut on_disconnect)?;
                    }
                    "replay" => flag(input, &key, streams::REPLAY_TAKES, &mut replay)?,
                    "history" => {
                        let parsed = History::parse(input, &key)?;
                        once(&key, &mut history, parsed)?;
                    }
                    _ => {
                        let message = format!("unknown argument `{key}`; {KNOWN}");
                        return Err(syn::Error::new(key.span(), message));
                    }
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
            on_disconnect,
            replay,
            history,
        })
    }
}

/// Parses `= value` after a key that is given once.
fn value<T: Parse>(
    input: ParseStream<'_>,
    key: &Ident,
    takes: &str,
    value: &mut Option<T>,
) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(key.span(), takes));
    }
    input.parse::<Token![=]>()?;
    once(key, value, input.parse()?)
}

/// A key without a value, that is given once.
fn flag(
    input: ParseStream<'_>,
    key: &Ident,
    takes: &str,
    flag: &mut Option<Span>,
) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return once(key, flag, key.span());
    }
    Err(syn::Error::new(key.span(), takes))
}

fn once<T>(key: &Ident, value: &mut Option<T>, given: T) -> syn::Result<()> {
    if value.replace(given).is_some() {
        let message = format!("`{key}` is given twice");
        return Err(syn::Error::new(key.span(), message));
    }
    Ok(())
}

/// A `_client` file's `#[sync_handler]` takes nothing.
pub(super) fn refuse_in_client(tokens: TokenStream) -> syn::Result<()> {
    if tokens.is_empty() {
        return Ok(());
    }
    Err(syn::Error::new_spanned(
        tokens,
        "a `_client` file's `#[sync_handler]` takes no arguments: they belong in its server file",
    ))
}

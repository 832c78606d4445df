//! `replay` and `on_disconnect = ...`

use syn::{
    Ident,
    parse::{Parse, ParseStream},
};

pub(super) const ON_DISCONNECT_TAKES: &str = "`on_disconnect` takes `cancel`, which stops the function when the client that made the request goes, or `finish`, which lets it go on";

pub(super) const REPLAY_TAKES: &str = "`replay` takes no value: it keeps what `Broadcast` sends for those who join while the function runs";

/// What becomes of a request when the client that made it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDisconnect {
    Cancel,
    Finish,
}

impl Parse for OnDisconnect {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let refused = syn::Error::new(input.span(), ON_DISCONNECT_TAKES);
        let Ok(word) = input.parse::<Ident>() else {
            return Err(refused);
        };
        match word.to_string().as_str() {
            "cancel" => Ok(Self::Cancel),
            "finish" => Ok(Self::Finish),
            _ => Err(refused),
        }
    }
}

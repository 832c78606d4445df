//! Who makes a request, as far as its headers tell.

use http::request::Parts;

use super::origin;
use crate::{
    limits::Address,
    locale::Asked,
    server::Server,
    session::{AnySessions, Credential},
};

/// What there is to know of a request's headers. A connection keeps this of the request that opened it,
/// and not the headers: they are kilobytes of a browser's, and the cookie among them is a secret.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The session that they name, whether or not it lives.
    pub(super) credential: Option<Credential>,
    /// Whether it may use the session of its cookie: see [`origin::is_allowed`].
    pub(super) is_allowed: bool,
    /// Where it came from, as far as that is known.
    pub(super) address: Option<Address>,
    /// The languages that they ask for.
    pub(super) languages: Asked,
}

impl Caller {
    pub(super) fn of(parts: &Parts, server: &Server) -> Self {
        let headers = &parts.headers;
        Self {
            credential: server.sessions.credential(headers),
            is_allowed: origin::is_allowed(&server.config, parts),
            address: Address::of(parts, &server.proxies),
            languages: Asked::of(headers),
        }
    }

    /// The session that is named, also by the token that a Socket.IO client may send when it connects: a
    /// token that somebody sends comes before what a browser adds by itself.
    pub(super) fn named(
        &self,
        token: Option<&str>,
        sessions: &dyn AnySessions,
    ) -> Option<Credential> {
        let sent = token.and_then(|token| sessions.credential_of(token));
        sent.or_else(|| self.credential.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sessions, session::conformance::User};

    #[test]
    fn the_token_of_a_handshake_comes_before_a_cookie_which_then_does_not_count() {
        let sessions = Sessions::<User>::in_memory().bearer(true);
        let cookie = Credential {
            is_cookie: true,
            ..sessions.credential_of("ada").expect("a token")
        };
        let caller = Caller {
            credential: Some(cookie.clone()),
            is_allowed: true,
            address: None,
            languages: Asked::default(),
        };
        let sent = sessions.credential_of("unknown");
        assert!(sent.as_ref().is_some_and(|sent| !sent.is_cookie));
        assert_eq!(caller.named(Some("unknown"), &sessions), sent);
        for none in [None, Some("")] {
            assert_eq!(caller.named(none, &sessions), Some(cookie.clone()));
        }
        let cookies_only = sessions.bearer(false);
        let found = caller.named(Some("unknown"), &cookies_only);
        assert_eq!(found, Some(cookie));
    }
}

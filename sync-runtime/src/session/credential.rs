//! How a request says whose it is.

use http::{HeaderMap, header::AUTHORIZATION};

use super::{SessionKey, Token};

/// The session that a request or a handshake names, whether or not it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) key: SessionKey,
    /// Whether the browser added it by itself, also for pages of other sites. A token that was sent
    /// on purpose is known to the page that sent it.
    pub(crate) is_cookie: bool,
}

/// The token of `Authorization: Bearer`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<Token> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| Token::parse(token.trim()))?
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_bearer_token_is_read_from_its_header_and_nothing_else_is() {
        let read = |value| {
            let value = HeaderValue::from_static(value);
            bearer(&HeaderMap::from_iter([(AUTHORIZATION, value)]))
        };
        assert_eq!(read("Bearer abc"), Token::parse("abc"));
        assert_eq!(read("bearer  abc "), Token::parse("abc"));
        for other in ["Basic abc", "abc", "Bearer", "Bearer ", "Bearer a b", ""] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}

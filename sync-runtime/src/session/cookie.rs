//! The cookie that carries a session's token.

use std::{borrow::Cow, net::IpAddr, time::Duration};

use cookie::{Cookie, SameSite};
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, HOST, InvalidHeaderValue},
};

use super::Token;

/// For how long a browser keeps a cookie at most.
const LONGEST: Duration = Duration::from_hours(400 * 24);

/// How a session's token travels in a browser: always `HttpOnly`, `SameSite=Lax`, `Path=/`, and
/// `Secure` unless the server is reached on the local machine.
#[derive(Debug, Clone)]
pub struct SessionCookie {
    name: Cow<'static, str>,
    max_age: Option<Duration>,
}

impl Default for SessionCookie {
    /// Named `sync_session`, kept for as long as the session can live.
    fn default() -> Self {
        Self {
            name: Cow::Borrowed("sync_session"),
            max_age: None,
        }
    }
}

impl SessionCookie {
    /// A cookie of this name, otherwise as by [default](Self::default).
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Sets how long the browser keeps the cookie.
    ///
    /// By default it is the longest life of a session
    /// ([`Sessions::max_life`](super::Sessions::max_life)) or, as that has no limit either by
    /// default, 400 days: no browser keeps one for longer. A session that is used outlives its
    /// first 30 days, and its cookie must too; one that is over is not brought back by it.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    pub(super) fn set(
        &self,
        token: &Token,
        max_life: Option<Duration>,
        headers: &HeaderMap,
    ) -> Result<HeaderValue, InvalidHeaderValue> {
        let max_age = self.max_age.or(max_life).unwrap_or(LONGEST);
        self.header(token.reveal(), max_age, headers)
    }

    pub(super) fn clear(&self, headers: &HeaderMap) -> Result<HeaderValue, InvalidHeaderValue> {
        self.header("", Duration::ZERO, headers)
    }

    /// The token in a request's cookies.
    pub(super) fn token(&self, headers: &HeaderMap) -> Option<Token> {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == self.name)
            .and_then(|cookie| Token::parse(cookie.value()))
    }

    fn header(
        &self,
        value: &str,
        max_age: Duration,
        headers: &HeaderMap,
    ) -> Result<HeaderValue, InvalidHeaderValue> {
        let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
        let cookie = Cookie::build((self.name.as_ref(), value))
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(!is_local(headers))
            .path("/")
            .max_age(cookie::time::Duration::seconds(seconds));
        let mut header = HeaderValue::from_str(&cookie.to_string())?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// Whether the browser reached this server on its own machine, where there is usually no TLS and
/// nobody in between. Without a `Host` the answer is no: that is HTTP/2, which browsers speak over TLS
/// alone.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.ends_with(".localhost")
        || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_host(host: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))])
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() -> Result<(), InvalidHeaderValue>
    {
        let header = SessionCookie::default().header(
            "t",
            Duration::from_mins(1),
            &from_host("a.example"),
        )?;
        assert_eq!(
            header,
            "sync_session=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        assert!(header.is_sensitive());
        Ok(())
    }

    #[test]
    fn the_cookie_is_kept_as_long_as_the_session_can_live() -> Result<(), InvalidHeaderValue> {
        let token = Token::parse("t").expect("a plausible token");
        let ages = [
            (SessionCookie::default(), None, "Max-Age=34560000"),
            (
                SessionCookie::default(),
                Some(Duration::from_mins(5)),
                "Max-Age=300",
            ),
            (
                SessionCookie::default().max_age(Duration::from_mins(1)),
                Some(Duration::from_mins(5)),
                "Max-Age=60",
            ),
        ];
        for (cookie, max_life, age) in ages {
            let header = cookie.set(&token, max_life, &HeaderMap::new())?;
            assert!(
                header.to_str().is_ok_and(|text| text.ends_with(age)),
                "{age}"
            );
        }
        Ok(())
    }

    #[test]
    fn only_on_the_local_machine_is_the_cookie_not_secure() {
        for host in [
            "localhost",
            "localhost:3000",
            "127.0.0.1:80",
            "[::1]:3000",
            "app.localhost",
        ] {
            assert!(is_local(&from_host(host)), "{host}");
        }
        for host in [
            "example.com",
            "127.0.0.1.example.com",
            "10.0.0.1",
            "localhost.example.com:80",
        ] {
            assert!(!is_local(&from_host(host)), "{host}");
        }
        assert!(!is_local(&HeaderMap::new()));
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let headers = HeaderMap::from_iter([(
            COOKIE,
            HeaderValue::from_static("theme=dark; sync_session=secret; x"),
        )]);
        let token = SessionCookie::default().token(&headers);
        assert_eq!(token, Token::parse("secret"));
        assert!(SessionCookie::named("other").token(&headers).is_none());
    }
}

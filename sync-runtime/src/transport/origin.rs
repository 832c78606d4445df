//! Whether a browser's request comes from a page that may use this server.
//!
//! A cookie travels with requests that pages of other sites make. `SameSite=Lax` keeps it from most
//! of them, but not from other hosts of the same site, and web sockets know no same-origin policy at
//! all. So the `Origin` that a browser sends has to be this server's own, or one that was allowed.

use http::{
    Uri,
    header::{HOST, ORIGIN},
    request::Parts,
    uri::Authority,
};

use crate::Config;

/// Whether a request may use the session of its cookie. One without an `Origin` was not made by a
/// page: there is no cookie to be misused.
pub(crate) fn is_allowed(config: &Config, request: &Parts) -> bool {
    let mut origins = request.headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    let Some(origin) = origin.to_str().ok().filter(|_| origins.next().is_none()) else {
        return false;
    };
    let is_listed = |allowed: &String| allowed.trim_end_matches('/') == origin;
    is_own(origin, request) || config.allowed_origins.iter().any(is_listed)
}

/// Whether an origin names the host that the request was sent to. The scheme may differ: behind a
/// proxy that ends TLS this server cannot know it.
fn is_own(origin: &str, request: &Parts) -> bool {
    let authority = origin
        .parse::<Uri>()
        .ok()
        .and_then(|uri| uri.into_parts().authority);
    let host = match request.headers.get(HOST) {
        Some(host) => host.to_str().ok(),
        // HTTP/2 has it in the place of the URI.
        None => request.uri.authority().map(Authority::as_str),
    };
    matches!((authority, host), (Some(authority), Some(host)) if authority.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::{Request, request};

    use super::*;

    fn parts(request: request::Builder) -> Parts {
        request.body(()).expect("a request").into_parts().0
    }

    fn allows(config: &Config, origin: &str, host: &str) -> bool {
        let request = Request::get("/socket.io/").header(ORIGIN, origin);
        is_allowed(config, &parts(request.header(HOST, host)))
    }

    #[test]
    fn a_page_of_this_server_is_let_in_and_one_of_another_site_is_not() {
        let config = Config::default();
        assert!(allows(&config, "http://localhost:3000", "localhost:3000"));
        assert!(allows(&config, "https://board.example", "board.example"));
        assert!(!allows(&config, "https://evil.example", "board.example"));
        assert!(!allows(&config, "http://localhost:3001", "localhost:3000"));
        assert!(!allows(
            &config,
            "https://board.example.evil.example",
            "board.example"
        ));
        assert!(!allows(&config, "null", "board.example"));
        assert!(is_allowed(&config, &parts(Request::get("/"))));
    }

    #[test]
    fn the_host_of_http_2_is_that_of_the_uri() {
        let allows = |origin| {
            let request = Request::get("https://board.example/socket.io/").header(ORIGIN, origin);
            is_allowed(&Config::default(), &parts(request))
        };
        assert!(allows("https://board.example"));
        assert!(!allows("https://evil.example"));
    }

    #[test]
    fn an_origin_that_was_allowed_is_let_in() {
        let config = Config {
            allowed_origins: vec!["https://app.example/".into()],
            ..Config::default()
        };
        assert!(allows(&config, "https://app.example", "api.example"));
        assert!(!allows(&config, "http://app.example", "api.example"));
    }
}

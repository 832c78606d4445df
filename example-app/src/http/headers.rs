//! Response headers: what may be kept by caches, and what a browser may do with our pages.

use axum::Router;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use tower_http::set_header::SetResponseHeaderLayer;

/// Scripts, styles and connections from this server alone. `img-src data:` is for the page's icon.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// For answers that differ from user to user.
pub(super) fn no_store() -> SetResponseHeaderLayer<HeaderValue> {
    set(CACHE_CONTROL, "no-store")
}

/// For the page itself: always asked for anew, so that it names the current scripts.
pub(super) fn revalidate() -> SetResponseHeaderLayer<HeaderValue> {
    set(CACHE_CONTROL, "no-cache")
}

/// For files whose name changes with what is in them.
pub(super) fn keep_forever() -> SetResponseHeaderLayer<HeaderValue> {
    set(CACHE_CONTROL, "public, max-age=31536000, immutable")
}

/// On every answer of the app.
pub(super) fn protect(router: Router) -> Router {
    router
        .layer(set(CONTENT_SECURITY_POLICY, POLICY))
        .layer(set(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(REFERRER_POLICY, "same-origin"))
}

fn set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

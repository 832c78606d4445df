//! The built front end.

use std::path::Path;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use http::StatusCode;
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, ServeFile};

use super::headers;

const NOT_BUILT: &str = "<!doctype html><title>Not built</title><p>The front end is not built. \
     Run <code>npm ci &amp;&amp; npm run build</code> at the root of the repository, then reload.";

/// The files in `folder`. Paths that name no file get the page, whose script reads the path; a
/// missing file below `/assets` is missing.
pub(super) fn files(folder: &Path) -> Router {
    let page = folder.join("index.html");
    if !page.is_file() {
        let page = get(|| async { (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)) });
        return Router::new().fallback_service(page);
    }
    let assets = ServiceBuilder::new()
        .layer(headers::keep_forever())
        .service(ServeDir::new(folder.join("assets")));
    let pages = ServiceBuilder::new()
        .layer(headers::revalidate())
        .service(ServeDir::new(folder).fallback(ServeFile::new(page)));
    Router::new()
        .nest_service("/assets", assets)
        .fallback_service(pages)
}

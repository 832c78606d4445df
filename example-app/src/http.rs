//! The JSON API, the guards around it, and the front end's files.

mod auth;
mod board;
mod chat;
mod error;
mod headers;
mod json;
mod web;

use std::path::Path;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tower_http::csrf::CsrfLayer;

use crate::AppState;
use error::ApiError;

/// No request of this API is near it; larger ones are refused before they are read.
const BODY_LIMIT: usize = 16 * 1024;

/// Everything the app serves over HTTP but its events. `web` is the folder of the built front end.
pub fn router(state: AppState, web: &Path) -> Router {
    let api = Router::new()
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::log_in))
        .route("/auth/logout", post(auth::log_out))
        .route("/auth/session", get(auth::session))
        .route("/api/board", get(board::show))
        .route("/api/chat", get(chat::show))
        // Unknown paths below these two get an error, not the front end's page.
        .route("/auth/{*path}", axum::routing::any(json::no_such_path))
        .route("/api/{*path}", axum::routing::any(json::no_such_path))
        .method_not_allowed_fallback(json::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        // A page of another site must not be able to log its visitors in or out here.
        .layer(CsrfLayer::new().with_rejection_response(|_| ApiError::CrossOrigin.response()))
        .layer(headers::no_store())
        .with_state(state);
    headers::protect(api.merge(web::files(web)))
}

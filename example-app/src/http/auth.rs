//! `/auth/*`: registering, logging in and out, and who one is.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use sync_runtime::Sessions;

use super::error::ApiError;
use super::json::Body;
use crate::accounts::{Accounts, User};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    name: String,
    password: String,
}

#[derive(Serialize)]
pub(super) struct SessionBody {
    user: Option<User>,
}

type Cookie = AppendHeaders<[(http::HeaderName, HeaderValue); 1]>;

/// `POST /auth/register`: makes the account and logs in.
pub(super) async fn register(
    State(accounts): State<Accounts>,
    State(sessions): State<Sessions<User>>,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<impl IntoResponse, ApiError> {
    let user = accounts
        .register(&credentials.name, credentials.password)
        .await?;
    let (cookie, body) = open(&sessions, &headers, user).await?;
    Ok((StatusCode::CREATED, cookie, body))
}

/// `POST /auth/login`.
pub(super) async fn log_in(
    State(accounts): State<Accounts>,
    State(sessions): State<Sessions<User>>,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<impl IntoResponse, ApiError> {
    let user = accounts
        .log_in(&credentials.name, credentials.password)
        .await?;
    open(&sessions, &headers, user).await
}

/// `POST /auth/logout`: forgets the session, if there is one.
pub(super) async fn log_out(
    State(sessions): State<Sessions<User>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let cookie = sessions.close(&headers).await.map_err(ApiError::internal)?;
    let cookie: Cookie = AppendHeaders([(SET_COOKIE, cookie)]);
    Ok((cookie, Json(SessionBody { user: None })))
}

/// `GET /auth/session`.
pub(super) async fn session(
    State(sessions): State<Sessions<User>>,
    headers: HeaderMap,
) -> Result<Json<SessionBody>, ApiError> {
    let user = user_of(&sessions, &headers).await?;
    Ok(Json(SessionBody { user }))
}

/// Who sent a request with these headers, if they are logged in.
pub(super) async fn user_of(
    sessions: &Sessions<User>,
    headers: &HeaderMap,
) -> Result<Option<User>, ApiError> {
    let session = sessions
        .from_headers(headers)
        .await
        .map_err(ApiError::internal)?;
    Ok(session.map(|session| session.user().clone()))
}

async fn open(
    sessions: &Sessions<User>,
    headers: &HeaderMap,
    user: User,
) -> Result<(Cookie, Json<SessionBody>), ApiError> {
    // The session this browser had until now, perhaps another user's, ends here.
    sessions.close(headers).await.map_err(ApiError::internal)?;
    let opened = sessions
        .open(user.clone())
        .await
        .map_err(ApiError::internal)?;
    let cookie = opened.set_cookie(headers).map_err(ApiError::internal)?;
    let cookie = AppendHeaders([(SET_COOKIE, cookie)]);
    Ok((cookie, Json(SessionBody { user: Some(user) })))
}

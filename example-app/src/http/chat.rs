//! `GET /api/chat`: what was said in the chat; what comes after that comes as events.

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use sync_runtime::Sessions;

use super::auth::user_of;
use super::error::ApiError;
use crate::accounts::User;
use crate::chat::{Chat, LOBBY};
use crate::db::Db;

pub(super) async fn show(
    State(db): State<Db>,
    State(sessions): State<Sessions<User>>,
    headers: HeaderMap,
) -> Result<Json<Chat>, ApiError> {
    if user_of(&sessions, &headers).await?.is_none() {
        return Err(ApiError::LoginRequired);
    }
    // In this order: an answer that ends in between is in the messages as well, and never in neither.
    let answering = db.answering().await.map_err(ApiError::internal)?;
    let messages = db.messages().await.map_err(ApiError::internal)?;
    Ok(Json(Chat {
        room: LOBBY.to_owned(),
        messages,
        answering,
    }))
}

//! `GET /api/board`: what is on the board now; the changes after that come as events.

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use sync_runtime::Sessions;

use super::auth::user_of;
use super::error::ApiError;
use crate::accounts::User;
use crate::board::{Board, BoardId};
use crate::db::Db;

pub(super) async fn show(
    State(db): State<Db>,
    State(sessions): State<Sessions<User>>,
    headers: HeaderMap,
) -> Result<Json<Board>, ApiError> {
    if user_of(&sessions, &headers).await?.is_none() {
        return Err(ApiError::LoginRequired);
    }
    let board = db
        .board(&BoardId::demo())
        .await
        .map_err(ApiError::internal)?;
    board.map(Json).ok_or(ApiError::NoSuchPath)
}

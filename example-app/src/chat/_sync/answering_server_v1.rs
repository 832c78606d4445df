//! Tells which answer the assistant is giving. The app itself publishes it when an answer begins (see
//! `chat/answers.rs`); here it tells once more, to whoever asks. That the answer has ended, `chat/say` tells.

use sync_runtime::prelude::*;

use crate::chat::{Answering, Lobby};
use crate::db::Db;

#[derive(Debug, SyncError)]
pub enum AnsweringError {
    /// Nothing is being answered.
    #[sync_error(code = "chat.noAnswer", status = 404)]
    NoAnswer,
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login, rate_limit = "30/min")]
pub async fn main(_lobby: Lobby, State(db): State<Db>) -> Result<Answering, AnsweringError> {
    db.answering().await?.ok_or(AnsweringError::NoAnswer)
}

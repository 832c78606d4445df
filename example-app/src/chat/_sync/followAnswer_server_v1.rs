//! Tells one page which answer is being given, and its end: as it is kept, however it ended. The pieces
//! in between come from `chat/sendMessage`, to the whole room; that an answer was stopped or failed would
//! not be heard there.

use std::time::Duration;

use sync_runtime::Stream;
use sync_runtime::prelude::*;

use crate::chat::{Answering, Answers, Lobby, Message};

/// How long an answer may take to begin. A page that hears a question follows its answer at once, and may be
/// faster than the one who asks.
const BEGINS_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, SyncError)]
pub enum FollowAnswerError {
    /// Nothing is being answered.
    #[sync_error(code = "chat.noAnswer", status = 404)]
    NoAnswer,
}

#[sync_handler(auth = login, timeout = "5min")]
pub async fn main(
    _lobby: Lobby,
    State(answers): State<Answers>,
    begun: Stream<Answering>,
) -> Result<Message, FollowAnswerError> {
    let next = tokio::time::timeout(BEGINS_WITHIN, answers.current_or_next());
    let running = next.await.ok().flatten();
    let running = running.ok_or(FollowAnswerError::NoAnswer)?;
    begun.send(&running.answering);
    running.end().await.ok_or(FollowAnswerError::NoAnswer)
}

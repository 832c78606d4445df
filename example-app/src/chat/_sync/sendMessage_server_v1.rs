//! Asks the assistant, which answers to everybody in the chat as it goes.

use std::pin::pin;

use futures_util::StreamExt;
use garde::Validate;
use sync_runtime::prelude::*;
use sync_runtime::{Broadcast, Chunk, FlushPressure, StreamThrottle};

use crate::AppState;
use crate::accounts::User;
use crate::assistant::Question;
use crate::board::BoardId;
use crate::chat::{Ending, Lobby, NotBegun, text_rule};

#[derive(Deserialize, TS, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendMessage {
    #[garde(custom(text_rule))]
    text: String,
}

/// The whole answer: its chunks joined are the text.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MessageSent {
    /// The id of the answer as a message of the chat.
    message_id: String,
    text: String,
}

#[derive(Debug, SyncError)]
pub enum SendMessageError {
    /// Too many questions wait for the assistant already.
    #[sync_error(code = "chat.busy", status = 503)]
    Busy,
    /// Who asked has stopped it with `chat/stopAnswer`.
    #[sync_error(code = "chat.stopped", status = 409)]
    Stopped,
    /// The assistant could not answer, or not go on.
    #[sync_error(code = "chat.assistantFailed", status = 502)]
    AssistantFailed,
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

impl From<NotBegun> for SendMessageError {
    fn from(not_begun: NotBegun) -> Self {
        match not_begun {
            NotBegun::Busy => Self::Busy,
            NotBegun::Database(error) => Self::Database(error),
        }
    }
}

// An answer is for everybody: it goes on when who asked for it has gone, and who comes in the middle hears it from
// its beginning. Cancelled, it stops: `Answer` keeps what was said when it is dropped.
#[sync_handler(auth = login, rate_limit = "30/min", timeout = "5min", replay, on_disconnect = finish)]
pub async fn main(
    Valid(input): Valid<SendMessage>,
    user: Session<User>,
    _lobby: Lobby,
    State(app): State<AppState>,
    chunks: Broadcast<Chunk>,
    pressure: FlushPressure,
) -> Result<MessageSent, SendMessageError> {
    let mut answer = app.answers.begin(&user).await?;
    let board = app.db.board(&BoardId::demo()).await?;
    let question = Question {
        asked_by: user.name.clone(),
        before: app.db.conversation(&user, &input.text).await?,
        board: board.ok_or(sqlx::Error::RowNotFound)?,
        text: input.text,
    };
    let stop = answer.stop();
    let pieces = app.assistant.answer(question);
    let mut pieces = pin!(pieces.take_until(stop.cancelled()));
    let throttle = StreamThrottle::new(chunks);
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => {
                answer.push(&piece);
                throttle.push(&piece);
                pressure.wait().await;
            }
            Err(error) => {
                tracing::warn!(%error, "the assistant failed");
                throttle.flush();
                answer.finish(Ending::Failed).await?;
                return Err(SendMessageError::AssistantFailed);
            }
        }
    }
    // Before the end is told: what comes after it would look like the next answer.
    throttle.flush();
    if stop.is_cancelled() {
        answer.finish(Ending::Stopped).await?;
        return Err(SendMessageError::Stopped);
    }
    let message = answer.finish(Ending::Complete).await?;
    Ok(MessageSent {
        message_id: message.id,
        text: message.text,
    })
}

//! Stops the answer to one's own question. The page that asked cancels its request instead, which is as
//! good; a page that was loaded again, or another device, has no request to cancel.

use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::chat::{Answers, Lobby, NotStopped};

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopAnswer {
    /// The id that the answer will have as a message.
    message_id: String,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerStopped {
    message_id: String,
}

#[derive(Debug, SyncError)]
pub enum StopAnswerError {
    /// That answer is not being given, or not any more.
    #[sync_error(code = "chat.noAnswer", status = 404)]
    NoAnswer,
    /// Somebody else asked for it.
    #[sync_error(code = "chat.notYourQuestion", status = 403)]
    NotYourQuestion,
    #[sync_error(internal)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login, rate_limit = "30/min")]
pub async fn main(
    Input(StopAnswer { message_id }): Input<StopAnswer>,
    user: Session<User>,
    _lobby: Lobby,
    State(answers): State<Answers>,
) -> Result<AnswerStopped, StopAnswerError> {
    match answers.stop(&message_id, &user).await {
        Ok(()) => Ok(AnswerStopped { message_id }),
        Err(NotStopped::NotGiven) => Err(StopAnswerError::NoAnswer),
        Err(NotStopped::NotAsked) => Err(StopAnswerError::NotYourQuestion),
        Err(NotStopped::Database(error)) => Err(StopAnswerError::Database(error)),
    }
}

//! Says something to everybody in the chat.

use garde::Validate;
use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::chat::{Kind, Lobby, Message, text_rule};
use crate::db::Db;

#[derive(Deserialize, TS, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Say {
    #[garde(custom(text_rule))]
    text: String,
    /// Whether it is a question to the assistant. This only shows it as one: `chat/sendMessage` asks.
    #[garde(skip)]
    #[serde(default)]
    to_assistant: bool,
}

#[derive(Debug, SyncError)]
pub enum SayError {
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login, rate_limit = "120/min")]
pub async fn main(
    Valid(input): Valid<Say>,
    user: Session<User>,
    _lobby: Lobby,
    State(db): State<Db>,
) -> Result<Message, SayError> {
    let kind = if input.to_assistant {
        Kind::Asked
    } else {
        Kind::Said
    };
    Ok(db.say(&user, kind, &input.text).await?)
}

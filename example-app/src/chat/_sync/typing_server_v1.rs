//! Shows the others that one is writing. Nothing is kept.

use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::chat::Lobby;

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    user_id: String,
    name: String,
}

#[sync_handler(auth = login, rate_limit = "120/min")]
pub async fn main(user: Session<User>, _lobby: Lobby) -> Typing {
    Typing {
        user_id: user.id.clone(),
        name: user.name.clone(),
    }
}

//! All that a `_client` file can take, and an output for some recipients.

use sync_runtime::prelude::*;

use super::shown_server_v1::{CardShown, ShowCard};
use crate::app::{Db, User};

#[derive(Serialize, TS)]
pub struct CardForRecipient {
    notes: String,
}

#[derive(Debug, SyncError)]
pub enum ShowCardError {
    #[sync_error(code = "board.notForYou", status = 403)]
    NotForYou,
}

#[sync_handler]
pub async fn main(
    card: ServerOutput<CardShown>,
    Input(_input): Input<ShowCard>,
    recipient: Recipient<User>,
    visitor: Option<Recipient<User>>,
    room: Room,
    State(_db): State<Db>,
    translation: Stream<Chunk>,
) -> Result<Deliver<CardForRecipient>, ShowCardError> {
    if visitor.is_none() {
        return Ok(Deliver::Skip);
    }
    translation.send(&Chunk::from("a piece".to_owned()));
    if recipient.id == card.card_id {
        let notes = room.as_str().into();
        return Ok(Deliver::Send(CardForRecipient { notes }));
    }
    Err(ShowCardError::NotForYou)
}

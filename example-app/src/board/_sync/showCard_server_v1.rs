//! Opens a card. Everybody on the board hears that it was opened; its private notes are added by
//! the `_client` file, for the owner alone.

use garde::Validate;
use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::board::BoardId;
use crate::db::Db;

#[derive(Deserialize, TS, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShowCard {
    #[garde(length(min = 1, max = 64))]
    card_id: String,
}

/// Every member of the room receives all of this, whatever the `_client` file does: so the private
/// notes are not here.
#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardShown {
    pub card_id: String,
    pub title: String,
    pub lane_id: String,
    pub owner_id: String,
    pub owner_name: String,
    /// The id of the user who opened it.
    pub shown_by: String,
    /// Their name.
    pub shown_by_name: String,
}

#[derive(Debug, SyncError)]
pub enum ShowCardError {
    /// There is no such card on this board.
    #[sync_error(code = "board.cardNotFound", status = 404)]
    CardNotFound,
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login)]
pub async fn main(
    Valid(input): Valid<ShowCard>,
    user: Session<User>,
    board: BoardId,
    State(db): State<Db>,
) -> Result<CardShown, ShowCardError> {
    let card = db.card(&board, &input.card_id).await?;
    let card = card.ok_or(ShowCardError::CardNotFound)?;
    Ok(CardShown {
        card_id: card.id,
        title: card.title,
        lane_id: card.lane_id,
        owner_id: card.owner_id,
        owner_name: card.owner_name,
        shown_by: user.id.clone(),
        shown_by_name: user.name.clone(),
    })
}

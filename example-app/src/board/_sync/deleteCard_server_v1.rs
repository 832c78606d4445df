//! Deletes one's own card.

use garde::Validate;
use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::board::{BoardId, Changed};
use crate::db::Db;

#[derive(Deserialize, TS, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteCard {
    #[garde(length(min = 1, max = 64))]
    card_id: String,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardDeleted {
    card_id: String,
    /// The id of the user who deleted it, its owner.
    deleted_by: String,
}

#[derive(Debug, SyncError)]
pub enum DeleteCardError {
    /// There is no such card on this board.
    #[sync_error(code = "board.cardNotFound", status = 404)]
    CardNotFound,
    /// Only its owner can delete a card.
    #[sync_error(code = "board.notYourCard", status = 403)]
    NotYourCard,
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login, history)]
pub async fn main(
    Valid(input): Valid<DeleteCard>,
    user: Session<User>,
    board: BoardId,
    State(db): State<Db>,
) -> Result<CardDeleted, DeleteCardError> {
    let deleted = db.delete_card(&board, &input.card_id, &user.id);
    match deleted.await? {
        Changed::Done => Ok(CardDeleted {
            card_id: input.card_id,
            deleted_by: user.id.clone(),
        }),
        Changed::NoCard => Err(DeleteCardError::CardNotFound),
        Changed::NotOwner => Err(DeleteCardError::NotYourCard),
    }
}

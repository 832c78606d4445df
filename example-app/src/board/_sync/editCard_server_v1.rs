//! Changes the title and the private notes of one's own card.

use garde::Validate;
use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::board::{BoardId, Changed, NOTES_MAX, tidy, title_rule};
use crate::db::Db;

#[derive(Deserialize, TS, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditCard {
    #[garde(length(min = 1, max = 64))]
    card_id: String,
    #[garde(custom(title_rule))]
    title: String,
    #[garde(length(chars, max = NOTES_MAX))]
    private_notes: String,
}

/// What everybody may see of the change.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardEdited {
    card_id: String,
    title: String,
}

#[derive(Debug, SyncError)]
pub enum EditCardError {
    /// There is no such card on this board.
    #[sync_error(code = "board.cardNotFound", status = 404)]
    CardNotFound,
    /// Only its owner can edit a card.
    #[sync_error(code = "board.notYourCard", status = 403)]
    NotYourCard,
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login, history)]
pub async fn main(
    Valid(input): Valid<EditCard>,
    user: Session<User>,
    board: BoardId,
    State(db): State<Db>,
) -> Result<CardEdited, EditCardError> {
    let title = tidy(&input.title);
    let card = &input.card_id;
    let edited = db.edit_card(&board, card, &user.id, &title, &input.private_notes);
    match edited.await? {
        Changed::Done => Ok(CardEdited {
            card_id: input.card_id,
            title,
        }),
        Changed::NoCard => Err(EditCardError::CardNotFound),
        Changed::NotOwner => Err(EditCardError::NotYourCard),
    }
}

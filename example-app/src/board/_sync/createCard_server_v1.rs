//! Puts a new card at the end of a lane. Its private notes go nowhere but into the database.

use garde::Validate;
use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::board::{BoardId, Card, Created, NOTES_MAX, tidy, title_rule};
use crate::db::Db;

#[derive(Deserialize, TS, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCard {
    #[garde(custom(title_rule))]
    title: String,
    #[garde(length(min = 1, max = 64))]
    lane_id: String,
    #[garde(length(chars, max = NOTES_MAX))]
    private_notes: Option<String>,
}

#[derive(Debug, SyncError)]
pub enum CreateCardError {
    /// There is no such lane on this board.
    #[sync_error(code = "board.laneNotFound", status = 404)]
    LaneNotFound,
    /// The board has as many cards as it can take.
    #[sync_error(code = "board.full", status = 409)]
    Full,
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login, history)]
pub async fn main(
    Valid(input): Valid<CreateCard>,
    user: Session<User>,
    board: BoardId,
    State(db): State<Db>,
) -> Result<Card, CreateCardError> {
    let title = tidy(&input.title);
    let notes = input.private_notes.unwrap_or_default();
    let created = db.create_card(&board, &input.lane_id, &user.id, &title, &notes);
    match created.await? {
        Created::Done(card) => Ok(card),
        Created::NoLane => Err(CreateCardError::LaneNotFound),
        Created::Full => Err(CreateCardError::Full),
    }
}

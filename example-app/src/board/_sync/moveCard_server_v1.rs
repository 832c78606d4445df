//! Moves a card to the end of a lane.

use garde::Validate;
use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::board::{BoardId, Moved, Place};
use crate::db::Db;

#[derive(Deserialize, TS, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveCard {
    #[garde(length(min = 1, max = 64))]
    card_id: String,
    #[garde(length(min = 1, max = 64))]
    to_lane: String,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardMoved {
    card_id: String,
    to_lane: String,
    /// The id of the user who moved it.
    moved_by: String,
}

#[derive(Debug, SyncError)]
pub enum MoveCardError {
    /// There is no such card on this board.
    #[sync_error(code = "board.cardNotFound", status = 404)]
    CardNotFound,
    /// There is no such lane on this board.
    #[sync_error(code = "board.laneNotFound", status = 404)]
    LaneNotFound,
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login, history)]
pub async fn main(
    Valid(input): Valid<MoveCard>,
    user: Session<User>,
    board: BoardId,
    State(db): State<Db>,
) -> Result<CardMoved, MoveCardError> {
    let moved = db.move_card(&board, &input.card_id, &input.to_lane, Place::End);
    match moved.await? {
        Moved::Done => Ok(CardMoved {
            card_id: input.card_id,
            to_lane: input.to_lane,
            moved_by: user.id.clone(),
        }),
        Moved::NoLane => Err(MoveCardError::LaneNotFound),
        Moved::NoCard | Moved::NoNeighbour => Err(MoveCardError::CardNotFound),
    }
}

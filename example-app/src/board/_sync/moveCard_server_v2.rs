//! Moves a card to a place in a lane: above another card, or to the end as version 1 does.

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
    /// The card of that lane to put it above; without one it goes to the end.
    #[garde(length(min = 1, max = 64))]
    before_card_id: Option<String>,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardMoved {
    card_id: String,
    to_lane: String,
    /// The card it is above now; `null` at the end of the lane.
    before_card_id: Option<String>,
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
    /// The card to put it above is not in that lane any more.
    #[sync_error(code = "board.placeNotFound", status = 409)]
    PlaceNotFound,
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
    let place = match &input.before_card_id {
        Some(card) => Place::Before(card),
        None => Place::End,
    };
    let moved = db.move_card(&board, &input.card_id, &input.to_lane, place);
    match moved.await? {
        Moved::Done => Ok(CardMoved {
            card_id: input.card_id,
            to_lane: input.to_lane,
            before_card_id: input.before_card_id,
            moved_by: user.id.clone(),
        }),
        Moved::NoCard => Err(MoveCardError::CardNotFound),
        Moved::NoLane => Err(MoveCardError::LaneNotFound),
        Moved::NoNeighbour => Err(MoveCardError::PlaceNotFound),
    }
}

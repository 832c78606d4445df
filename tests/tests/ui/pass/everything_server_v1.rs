//! All that a server file can take, say and ask.

use garde::Validate;
use sync_runtime::{FromRequest, RequestContext, prelude::*};

use crate::app::{AppState, Db, User};

#[derive(Deserialize, TS, Validate)]
pub struct MoveCard {
    #[garde(length(min = 1))]
    card_id: String,
}

#[derive(Serialize, TS)]
pub struct CardMoved {
    card_id: String,
}

#[derive(Debug, SyncError)]
pub enum MoveCardError {
    #[sync_error(code = "board.cardNotFound", status = 404)]
    CardNotFound,
    #[sync_error(
        code = "board.laneFull",
        message = "At most {max_cards:03} fit, {{really}}."
    )]
    LaneFull { max_cards: u32 },
    /// There are only
    /// {lanes} lanes.
    #[sync_error(code = "board.noSuchLane", status = 404)]
    NoSuchLane { lanes: u32 },
    #[sync_error(internal, from)]
    Database(std::io::Error),
    #[sync_error(internal)]
    Unexplained,
}

#[derive(Debug, SyncError)]
pub enum Refused {
    #[sync_error(code = "board.locked", status = 403)]
    Locked,
}

pub struct Board(String);

impl FromRequest<AppState> for Board {
    fn from_request(cx: &RequestContext<'_, AppState>) -> Result<Self, Failure> {
        Ok(Self(cx.room().as_str().into()))
    }
}

#[sync_handler(
    auth = login(is_member, is_unlocked, crate::app::is_known),
    rate_limit = "60/min",
    timeout = "30s",
    history(count = 1000, age = "1h"),
)]
pub async fn main(
    Valid(input): Valid<MoveCard>,
    user: sync_runtime::Session<User>,
    _: Option<Session<User>>,
    Board(mut board): Board,
    _room: Room,
    State(Db { .. }): State<Db>,
    State(_state): State<AppState>,
) -> std::result::Result<CardMoved, MoveCardError> {
    board.push_str(&user.id);
    std::fs::read("cards")?;
    if input.card_id == board {
        return Err(MoveCardError::LaneFull { max_cards: 7 });
    }
    if input.card_id.is_empty() {
        return Err(MoveCardError::Unexplained);
    }
    Err(MoveCardError::CardNotFound)
}

fn is_member(user: Session<User>, Board(board): Board) -> bool {
    board.ends_with(&user.id)
}

async fn is_unlocked(State(_db): State<Db>) -> Result<(), Refused> {
    std::future::ready(()).await;
    Err(Refused::Locked)
}

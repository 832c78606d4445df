#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[derive(Serialize, TS)]
pub struct CardMoved {
    card_id: String,
}

#[derive(Debug, SyncError)]
pub enum MoveCardError {
    #[sync_error(code = "board.cardNotFound", status = 404)]
    CardNotFound,
}

#[sync_handler(auth = login)]
pub async fn main() -> Result<(CardMoved, CardMoved), MoveCardError> {
    Err(MoveCardError::CardNotFound)
}

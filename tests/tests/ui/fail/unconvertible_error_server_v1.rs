#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[derive(Debug, SyncError)]
pub enum MoveCardError {
    #[sync_error(code = "board.cardNotFound", status = 404)]
    CardNotFound,
}

#[sync_handler(auth = login)]
pub async fn main() -> Result<(), MoveCardError> {
    std::fs::read("cards")?;
    Ok(())
}

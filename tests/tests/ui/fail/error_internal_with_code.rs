#![no_main]

use sync_runtime::SyncError;

#[derive(Debug, SyncError)]
pub enum MoveCardError {
    #[sync_error(internal, code = "board.database")]
    Database(std::io::Error),
}

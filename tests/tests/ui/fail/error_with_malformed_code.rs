#![no_main]

use sync_runtime::SyncError;

#[derive(Debug, SyncError)]
pub enum MoveCardError {
    #[sync_error(code = "card not found")]
    CardNotFound,
}

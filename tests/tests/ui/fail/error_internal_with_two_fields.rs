#![no_main]

use sync_runtime::SyncError;

#[derive(Debug, SyncError)]
pub enum MoveCardError {
    #[sync_error(internal)]
    Database(std::io::Error, u32),
}

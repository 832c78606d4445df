#![no_main]

use sync_runtime::SyncError;

#[derive(Debug, SyncError)]
pub struct MoveCardError;

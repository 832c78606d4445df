#![no_main]

use sync_runtime::SyncError;

#[derive(Debug)]
pub struct Report;

#[derive(Debug, SyncError)]
pub enum MoveCardError {
    #[sync_error(internal)]
    Database(Report),
}

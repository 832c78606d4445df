#![no_main]

use sync_runtime::SyncError;

#[derive(Debug, SyncError)]
pub enum VoteError {
    #[sync_error(code = "poll.closed", status = 409)]
    Closed,
    #[sync_error(code = "poll.closed")]
    Over,
}

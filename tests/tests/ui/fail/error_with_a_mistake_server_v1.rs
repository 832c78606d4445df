#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[derive(Debug, SyncError)]
pub enum VoteError {
    #[sync_error(code = "poll.noSuchOption", message = "There are only {opts} options.")]
    NoSuchOption { options: u32 },
    #[sync_error(internal, from)]
    Unreadable(std::num::ParseIntError),
}

#[sync_handler(auth = login)]
pub async fn main(room: Room) -> Result<(), VoteError> {
    let option: u32 = room.as_str().parse()?;
    match option {
        0..4 => Ok(()),
        _ => Err(VoteError::NoSuchOption { options: 4 }),
    }
}

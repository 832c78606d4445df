#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[derive(Serialize, TS)]
pub struct Created {
    id: String,
}

#[derive(Debug, SyncError)]
pub enum CreateError {
    #[sync_error(code = "poll.full")]
    Full,
}

type Outcome<T> = Result<T, CreateError>;

#[sync_handler(auth = login)]
pub async fn main() -> Outcome<Created> {
    Err(CreateError::Full)
}

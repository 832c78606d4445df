//! Answers, and so shows that the server does. Nobody has to be logged in for it.

use std::time::{SystemTime, UNIX_EPOCH};

use sync_runtime::prelude::*;

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Pong {
    /// The server's clock, in milliseconds since 1970.
    #[ts(type = "number")]
    server_time: u64,
}

#[sync_handler(auth = none)]
pub async fn main() -> Pong {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let server_time = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    Pong { server_time }
}

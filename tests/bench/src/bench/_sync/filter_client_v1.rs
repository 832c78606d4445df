//! What each recipient gets beside what all get.

use sync_runtime::prelude::*;

use crate::{User, bench_filter_server_v1::Echo};

/// The recipient's own part.
#[derive(Serialize, TS)]
pub struct Mine {
    seq: u64,
    me: String,
}

#[sync_handler]
pub async fn main(echo: ServerOutput<Echo>, recipient: Recipient<User>) -> Mine {
    Mine {
        seq: echo.seq,
        me: recipient.id.clone(),
    }
}

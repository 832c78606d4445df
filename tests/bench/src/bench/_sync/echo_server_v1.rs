//! Delivers what it is sent.

use sync_runtime::prelude::*;

/// What goes in and comes out.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// The sender's number for it.
    pub seq: u64,
    /// When it was sent, as the sender tells time.
    pub ts: f64,
    /// As long as the sender likes.
    pub payload: String,
}

#[sync_handler(auth = login, rate_limit = off)]
pub async fn main(Input(echo): Input<Echo>) -> Echo {
    echo
}

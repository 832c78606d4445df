//! Delivers what it is sent, once it is recorded for those who come back.

use sync_runtime::prelude::*;

pub use crate::bench_echo_server_v1::Echo;

#[sync_handler(auth = login, rate_limit = off, history)]
pub async fn main(Input(echo): Input<Echo>) -> Echo {
    echo
}

//! Delivers what it is sent, to each recipient with something of its own.

use sync_runtime::prelude::*;

pub use crate::bench_echo_server_v1::Echo;

#[sync_handler(auth = login, rate_limit = off)]
pub async fn main(Input(echo): Input<Echo>) -> Echo {
    echo
}

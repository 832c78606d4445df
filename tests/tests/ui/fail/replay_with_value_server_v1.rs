#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login, replay = true)]
pub async fn main(_answer: Broadcast<Chunk>) {}

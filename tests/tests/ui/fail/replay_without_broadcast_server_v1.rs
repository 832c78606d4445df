#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login, replay)]
pub async fn main(_progress: Stream<Chunk>) {}

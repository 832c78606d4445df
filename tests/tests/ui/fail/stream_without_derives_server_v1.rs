#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

pub struct Progress;

#[sync_handler(auth = login)]
pub async fn main(_progress: Stream<Progress>) {}

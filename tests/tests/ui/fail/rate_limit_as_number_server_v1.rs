#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login, rate_limit = 60)]
pub async fn main() {}

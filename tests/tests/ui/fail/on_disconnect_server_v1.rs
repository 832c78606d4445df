#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login, on_disconnect = continue)]
pub async fn main() {}

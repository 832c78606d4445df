#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler]
pub async fn main() {}

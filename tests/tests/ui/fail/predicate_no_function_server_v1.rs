#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login(IS_OWNER))]
pub async fn main() {}

const IS_OWNER: bool = true;

#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login, history(age = 60))]
pub async fn main() {}

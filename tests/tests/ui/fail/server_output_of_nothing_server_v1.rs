#![no_main]
include!("../app/server_file_of_pair.rs");

use sync_runtime::prelude::*;

#[derive(Deserialize)]
pub struct CardShown {}

#[sync_handler(auth = login)]
pub async fn main() {}

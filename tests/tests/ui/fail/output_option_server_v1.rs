#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[derive(Serialize, TS)]
pub struct CardMoved {
    card_id: String,
}

#[sync_handler(auth = login)]
pub async fn main() -> Option<CardMoved> {
    None
}

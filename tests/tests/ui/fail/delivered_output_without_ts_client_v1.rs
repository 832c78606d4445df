#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

#[derive(Serialize)]
pub struct CardMoved {
    card_id: String,
}

#[sync_handler]
pub async fn main() -> Deliver<CardMoved> {
    Deliver::Skip
}

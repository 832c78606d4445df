#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

#[derive(Deserialize)]
pub struct CardOpened {
    card_id: String,
}

#[sync_handler]
pub async fn main(card: ServerOutput<CardOpened>) {
    drop(card.card_id.clone());
}

#![no_main]
include!("../app/client_file_of_input.rs");

use sync_runtime::prelude::*;

#[derive(Clone, Deserialize, TS)]
pub struct CardEdited {
    card_id: String,
}

#[sync_handler]
pub async fn main(Input(card): Input<CardEdited>) {
    drop(card.card_id);
}

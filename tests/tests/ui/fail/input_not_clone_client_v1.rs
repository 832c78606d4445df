#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

#[derive(Deserialize, TS)]
pub struct MoveCard {
    card_id: String,
}

#[sync_handler]
pub async fn main(Input(input): Input<MoveCard>) {
    drop(input.card_id);
}

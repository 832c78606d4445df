#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[derive(Deserialize)]
pub struct MoveCard {
    card_id: String,
}

#[sync_handler(auth = login)]
pub async fn main(Input(input): Input<MoveCard>) {
    drop(input.card_id);
}

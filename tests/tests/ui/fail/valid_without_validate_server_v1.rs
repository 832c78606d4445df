#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[derive(Deserialize, TS)]
pub struct MoveCard {
    card_id: String,
}

#[sync_handler(auth = login)]
pub async fn main(Valid(input): Valid<MoveCard>) {
    drop(input.card_id);
}

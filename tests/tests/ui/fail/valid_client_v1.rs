#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

#[derive(Clone, Deserialize, TS)]
pub struct ShowCard {
    card_id: String,
}

#[sync_handler]
pub async fn main(Valid(input): Valid<ShowCard>) {
    drop(input.card_id);
}

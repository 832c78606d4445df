#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[derive(Deserialize, TS)]
pub struct MoveCard {
    card_id: String,
}

#[derive(Deserialize, TS)]
pub struct Lane {
    lane: String,
}

#[sync_handler(auth = login)]
pub async fn main(Input(card): Input<MoveCard>, Input(lane): Input<Lane>) {
    drop((card.card_id, lane.lane));
}

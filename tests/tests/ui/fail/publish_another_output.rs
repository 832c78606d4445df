#![no_main]
include!("../app/publishing.rs");

use sync_runtime::{Failure, Publisher};

#[derive(serde::Serialize, ts_rs::TS)]
pub struct CardMoved {
    pub card_id: String,
}

pub async fn tell(publisher: &Publisher, moved: CardMoved) -> Result<usize, Failure> {
    publisher.publish(sync_routes::board::show_card::V1, "board:demo", &moved).await
}

#![no_main]
include!("../app/publishing.rs");

use board_show_card_server_v1::CardShown;
use sync_runtime::{Failure, Publisher};

pub async fn tell(publisher: &Publisher, shown: CardShown) -> Result<usize, Failure> {
    let route = sync_routes::board::open_card::V1;
    publisher.publish_with_input(route, "board:demo", &shown, &shown).await
}

#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

#[derive(Serialize, TS)]
pub struct CardMoved {
    card_id: String,
}

#[sync_handler]
pub async fn main() -> Result<CardMoved, std::io::Error> {
    Ok(CardMoved {
        card_id: String::new(),
    })
}

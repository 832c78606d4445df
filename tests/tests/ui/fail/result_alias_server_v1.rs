#![no_main]
include!("../app/server_file.rs");

use std::io::Result;
use sync_runtime::prelude::*;

#[derive(Serialize, TS)]
pub struct CardMoved {
    card_id: String,
}

#[sync_handler(auth = login)]
pub async fn main() -> Result<CardMoved> {
    Ok(CardMoved {
        card_id: String::new(),
    })
}

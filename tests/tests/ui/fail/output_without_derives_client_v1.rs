#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

pub struct CardMoved {
    card_id: String,
}

#[sync_handler]
pub async fn main() -> CardMoved {
    CardMoved {
        card_id: String::new(),
    }
}

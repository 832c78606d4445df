#![no_main]
include!("../app/server_file_of_pair.rs");

use sync_runtime::prelude::*;

#[derive(Serialize, TS)]
pub struct CardShown {
    card_id: String,
}

#[sync_handler(auth = login)]
pub async fn main() -> CardShown {
    CardShown {
        card_id: String::new(),
    }
}

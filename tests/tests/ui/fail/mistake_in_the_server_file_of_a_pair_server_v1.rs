#![no_main]
include!("../app/server_file_of_pair.rs");

use sync_runtime::prelude::*;

#[derive(Serialize, Deserialize, TS)]
pub struct CardShown {
    card_id: String,
}

#[sync_handler]
pub async fn main() -> CardShown {
    CardShown {
        card_id: String::new(),
    }
}

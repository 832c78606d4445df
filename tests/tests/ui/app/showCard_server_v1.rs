use sync_runtime::prelude::*;

#[derive(Serialize, Deserialize, TS)]
pub struct CardShown {
    pub card_id: String,
}

#[sync_handler(auth = login)]
pub async fn main() -> CardShown {
    CardShown {
        card_id: String::new(),
    }
}

//! An output that cannot fail, and that a `_client` file takes.

use sync_runtime::prelude::*;

#[derive(Clone, Deserialize, TS)]
pub struct ShowCard {
    pub card_id: String,
}

#[derive(Serialize, Deserialize, TS)]
pub struct CardShown {
    pub card_id: String,
}

#[sync_handler(auth = login)]
pub async fn main(Input(ShowCard { card_id }): Input<ShowCard>) -> CardShown {
    CardShown { card_id }
}

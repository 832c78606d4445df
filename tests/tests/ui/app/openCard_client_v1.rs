use sync_runtime::prelude::*;

#[derive(Clone, Serialize, Deserialize, TS)]
pub struct OpenCard {
    pub card_id: String,
}

#[sync_handler]
pub async fn main(Input(card): Input<OpenCard>) {
    drop(card.card_id);
}

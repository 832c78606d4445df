use sync_runtime::prelude::*;

#[derive(Deserialize, TS)]
pub struct EditCard {
    pub card_id: String,
}

#[sync_handler(auth = login)]
pub async fn main(Input(card): Input<EditCard>) {
    drop(card.card_id);
}

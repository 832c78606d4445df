use sync_runtime::prelude::*;

use crate::CardShown;

#[sync_handler]
pub async fn main(card: ServerOutput<CardShown>) {
    drop(card);
}

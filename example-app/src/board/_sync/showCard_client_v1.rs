//! Adds the private notes of an opened card for its owner, and for nobody else.

use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::db::Db;
use crate::sync_routes::board::show_card::v1::server::CardShown;

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardForRecipient {
    /// Absent for everyone but the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    private_notes: Option<String>,
}

#[derive(Debug, SyncError)]
pub enum ShowCardError {
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler]
pub async fn main(
    card: ServerOutput<CardShown>,
    recipient: Recipient<User>,
    State(db): State<Db>,
) -> Result<CardForRecipient, ShowCardError> {
    let private_notes = if recipient.id == card.owner_id {
        // The query asks for the owner once more: the notes are found for no one else.
        db.private_notes(&card.card_id, &recipient.id).await?
    } else {
        None
    };
    Ok(CardForRecipient { private_notes })
}

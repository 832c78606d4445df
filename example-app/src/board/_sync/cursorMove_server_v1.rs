//! Shows the others where one's pointer is. Nothing is kept.

use garde::Validate;
use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::board::BoardId;

/// Fractions of the board's width and height, so that they fit windows of any size.
#[derive(Deserialize, TS, Validate)]
#[serde(deny_unknown_fields)]
pub struct CursorMove {
    #[garde(range(min = 0.0, max = 1.0))]
    x: f64,
    #[garde(range(min = 0.0, max = 1.0))]
    y: f64,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CursorMoved {
    user_id: String,
    name: String,
    x: f64,
    y: f64,
}

#[sync_handler(auth = login)]
pub async fn main(
    Valid(input): Valid<CursorMove>,
    user: Session<User>,
    _board: BoardId,
) -> CursorMoved {
    CursorMoved {
        user_id: user.id.clone(),
        name: user.name.clone(),
        x: input.x,
        y: input.y,
    }
}

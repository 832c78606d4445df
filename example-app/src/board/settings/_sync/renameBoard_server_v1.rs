//! Gives the board another title.

use garde::Validate;
use sync_runtime::prelude::*;

use crate::accounts::User;
use crate::board::{BoardId, tidy, title_rule};
use crate::db::Db;

#[derive(Deserialize, TS, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenameBoard {
    #[garde(custom(title_rule))]
    title: String,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BoardRenamed {
    title: String,
    /// The id of the user who renamed it.
    renamed_by: String,
}

#[derive(Debug, SyncError)]
pub enum RenameBoardError {
    /// There is no such board.
    #[sync_error(code = "board.notFound", status = 404)]
    NotFound,
    #[sync_error(internal, from)]
    Database(sqlx::Error),
}

#[sync_handler(auth = login)]
pub async fn main(
    Valid(input): Valid<RenameBoard>,
    user: Session<User>,
    board: BoardId,
    State(db): State<Db>,
) -> Result<BoardRenamed, RenameBoardError> {
    let title = tidy(&input.title);
    if !db.rename_board(&board, &title).await? {
        return Err(RenameBoardError::NotFound);
    }
    Ok(BoardRenamed {
        title,
        renamed_by: user.id.clone(),
    })
}

//! The board: lanes, cards, and who may do what with them.

mod queries;

use serde::{Deserialize, Serialize};
use sync_runtime::typescript::TypeSink;
use sync_runtime::{App, Failure, FromRequest, RequestContext};
use ts_rs::TS;

pub use queries::{Changed, Created, Moved, Place};

/// The longest title of a card or a board, in characters.
pub const TITLE_MAX: usize = 200;
/// The longest private notes, in characters.
pub const NOTES_MAX: usize = 4000;
/// Cards on one board.
pub const CARDS_MAX: u32 = 500;
/// The board that everybody who is logged in shares.
pub const DEMO: &str = "demo";

/// The id of a board, read off its room: the members of `board:demo` are at the board `demo`.
///
/// Handlers take it as a parameter, and whatever they do to cards and lanes they do on this board.
/// In a room that is not a board's, the request fails with `board.notABoard`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardId(String);

impl BoardId {
    /// The demo board.
    pub fn demo() -> Self {
        Self(DEMO.to_owned())
    }

    /// The board whose room this is; `None` when the room is not a board's.
    pub fn of(room: &str) -> Option<Self> {
        let id = room.strip_prefix("board:")?;
        (!id.is_empty()).then(|| Self(id.to_owned()))
    }

    /// The room of this board's members.
    pub fn room(&self) -> String {
        format!("board:{}", self.0)
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<A: App> FromRequest<A> for BoardId {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Self::of(cx.room().as_str()).ok_or_else(|| {
            Failure::new("board.notABoard", "This room is not a board's.").status(404)
        })
    }

    fn describe(types: &mut impl TypeSink) {
        types.error_codes(&["board.notABoard"]);
    }
}

/// A column of the board.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// Stable.
    pub id: String,
    /// Shown at its top.
    pub title: String,
}

/// A card, as everybody on the board may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Stable.
    pub id: String,
    /// One line of text.
    pub title: String,
    /// The lane it is in.
    pub lane_id: String,
    /// Who made it: they alone see its private notes, edit it and delete it.
    pub owner_id: String,
    /// The owner's name.
    pub owner_name: String,
}

/// A board with all that is on it, lanes and cards in the order they are shown.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Board {
    /// The room to join for its events.
    pub room: String,
    /// The name at the top of the page.
    pub title: String,
    /// From left to right.
    pub lanes: Vec<Lane>,
    /// From top to bottom, lane by lane.
    pub cards: Vec<Card>,
}

/// A title as it is stored: without the space around it.
pub fn tidy(title: &str) -> String {
    title.trim().to_owned()
}

/// The rule for titles, for garde: one line, not blank, at most [`TITLE_MAX`] characters.
pub fn title_rule(title: &str, (): &()) -> garde::Result {
    let title = title.trim();
    if title.is_empty() {
        Err(garde::Error::new("is blank"))
    } else if title.chars().count() > TITLE_MAX {
        Err(garde::Error::new("has more than 200 characters"))
    } else if title.chars().any(char::is_control) {
        Err(garde::Error::new("is more than one line"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_is_not_blank() {
        for good in ["x", "  Lanterns  ", &"ü".repeat(TITLE_MAX)] {
            assert!(title_rule(good, &()).is_ok(), "{good}");
        }
        for bad in ["", "   ", "two\nlines", &"x".repeat(TITLE_MAX + 1)] {
            assert!(title_rule(bad, &()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_room_denotes_a_board_or_none() {
        assert_eq!(BoardId::of("board:demo"), Some(BoardId::demo()));
        assert_eq!(BoardId::of(&BoardId::demo().room()), Some(BoardId::demo()));
        for other in ["board:", "demo", "lobby", "xboard:demo"] {
            assert_eq!(BoardId::of(other), None, "{other}");
        }
    }
}

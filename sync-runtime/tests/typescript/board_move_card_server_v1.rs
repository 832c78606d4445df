//! A `_server` file with types of its own.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::shared::LaneId;

/// Where to.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveCard {
    pub card_id: String,
    pub to_lane: LaneId,
}

#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardMoved {
    /// Another `Card` than the shared one.
    pub card: Card,
    pub to_lane: LaneId,
    pub moved_by: String,
}

#[derive(Serialize, Deserialize, TS)]
pub struct Card {
    pub id: String,
}

#[derive(Serialize, TS)]
pub struct Progress {
    pub percent: u8,
}

pub mod clash {
    use serde::Serialize;
    use ts_rs::TS;

    /// Names this file's `Card` and the shared one.
    #[derive(Serialize, TS)]
    pub struct Both {
        own: super::Card,
        shared: crate::shared::Card,
    }
}

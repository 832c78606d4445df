//! What a node says to the others of its own users in a room.

use std::{borrow::Cow, time::SystemTime};

use serde_json::value::{RawValue, to_raw_value};

use super::{Profile, changes::Changes};
use crate::{
    cluster::{SaidPresence, SaidUser},
    room::RoomCode,
};

/// A user as one node shows them.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    pub(super) profile: Profile,
    /// When that was made, in milliseconds since 1970 by the clock of its node.
    at: u64,
}

impl Sight {
    pub(super) fn of(profile: Profile) -> Self {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let at = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        Self { profile, at }
    }

    /// The greatest is what counts: the newest, and of two of the same time the same on all nodes.
    pub(super) fn order(&self) -> (u64, &str) {
        (self.at, self.profile.get())
    }

    pub(super) fn shows(&self, profile: &RawValue) -> bool {
        self.profile.get() == profile.get()
    }
}

/// What a node says of its own users in a room: what has changed since it last said something of
/// them, or who they all are.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// Greater than that of any earlier word, unless it says no more than all that was said.
    pub(super) version: u64,
    /// The version that it follows, 0 if there was nobody before; none if it is all of them.
    pub(super) after: Option<u64>,
    /// How many there are now.
    pub(super) count: usize,
    /// They are more than are listed.
    pub(super) is_crowd: bool,
    pub(super) users: Changes<Sight>,
}

impl Word {
    /// Of a room with nobody on this node.
    #[cfg(feature = "redis")]
    pub(super) fn nobody(version: u64) -> Self {
        Self {
            version,
            after: None,
            count: 0,
            is_crowd: false,
            users: Changes::default(),
        }
    }

    /// Whether those who joined are all that there are.
    pub(super) fn is_all(&self) -> bool {
        self.after.is_none_or(|after| after == 0)
    }

    pub(super) fn write(&self, room: &RoomCode) -> serde_json::Result<Box<RawValue>> {
        let joined = self.users.joined.iter().map(|(id, sight)| {
            let user = SaidUser {
                at: sight.at,
                profile: &sight.profile,
            };
            (Cow::from(&**id), user)
        });
        to_raw_value(&SaidPresence {
            room: room.as_str().into(),
            version: self.version,
            after: self.after,
            count: self.count,
            is_crowd: self.is_crowd,
            joined: joined.collect(),
            left: self.users.left.iter().map(|id| (&**id).into()).collect(),
        })
    }

    #[cfg(feature = "redis")]
    pub(super) fn read(said: &SaidPresence<'_>) -> Self {
        let joined = said.joined.iter().map(|(id, user)| {
            let sight = Sight {
                profile: user.profile.to_owned().into(),
                at: user.at,
            };
            (id.as_ref().into(), sight)
        });
        let left = said.left.iter().map(|id| id.as_ref().into());
        Self {
            version: said.version,
            after: said.after,
            count: said.count,
            is_crowd: said.is_crowd,
            users: Changes {
                joined: joined.collect(),
                left: left.collect(),
            },
        }
    }
}

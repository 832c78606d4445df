//! What a log records.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::value::RawValue;
use uuid::Uuid;

use super::Offset;
use crate::{Config, handler::output::OutputJson, room::RoomCode, sender::Sender};

/// How much of a route's deliveries a room keeps, from `history(...)`: what is not said is as the
/// configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How many of the room's last entries.
    pub count: Option<u32>,
    /// For how long.
    pub age: Option<Duration>,
}

/// A request's output on its way to a room, with all that a delivery of it needs, now and later.
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    pub(crate) room: RoomCode,
    /// The full name of the route.
    pub(crate) route: Arc<str>,
    pub(crate) input: Arc<RawValue>,
    pub(crate) output: OutputJson,
    pub(crate) sender: Sender,
}

/// What an entry takes besides its input and output, in bytes: names, places and the allocations.
const ENTRY_BYTES: usize = 512;

impl Entry {
    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        ENTRY_BYTES + self.input.get().len() + self.output.raw().get().len()
    }
}

/// How much is kept with an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// How many of the room's last entries at least, with this one among them.
    pub(crate) count: usize,
    /// For how long.
    pub(crate) age: Duration,
}

impl Keep {
    /// As the settings say, where the route does not.
    pub(crate) fn or_as(self, config: &Config) -> Kept {
        let count = self
            .count
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        Kept {
            count: count.unwrap_or(config.history_count),
            age: self.age.unwrap_or(config.history_age),
        }
    }
}

/// What tells an entry from all others before it has a place in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EntryId(Uuid);

impl EntryId {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }

    #[cfg(feature = "redis")]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self)
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An entry with its place in the order of its room.
pub(crate) struct Recorded {
    pub(crate) offset: Offset,
    pub(crate) entry: Entry,
}

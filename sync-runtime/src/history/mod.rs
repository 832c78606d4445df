//! The order of rooms: what is recorded of routes with history, and how far its deliveries are.
//!
//! A [`Log`] records, in memory or in Redis. [`Feeds`] knows for each room up to where everything has
//! been delivered on this node, and to whom. The work itself is done by [`feed`](crate::feed).

mod awaited;
mod entry;
mod feeds;
mod log;
mod memory;
mod offset;
#[cfg(feature = "redis")]
mod redis;

use std::sync::Once;

use tokio::sync::Semaphore;

pub use self::entry::Keep;
#[cfg(feature = "redis")]
pub(crate) use self::redis::{Place, RedisLog, Told};
pub(crate) use self::{
    awaited::{Awaited, Deliveries},
    entry::{Entry, EntryId, Kept, Recorded},
    feeds::{Feeds, Membership, Next, Standing, Work},
    log::{Gap, Log, LogFuture, LogUnavailable, Page, Tailed},
    memory::{MemoryBounds, MemoryLog},
    offset::{Epoch, Offset},
};
use crate::room::RoomCode;

/// What a server knows of the order of its rooms.
pub(crate) struct History {
    /// Whether the app has a route with history. If not, nobody is kept track of.
    pub(crate) is_used: bool,
    pub(crate) log: Box<dyn Log>,
    pub(crate) feeds: Feeds,
    pub(crate) awaited: Awaited,
    /// How many may read from the log to catch up at the same time.
    pub(crate) readers: Semaphore,
    /// Done when somebody delivers what is recorded.
    pub(crate) is_watched: Once,
}

impl History {
    pub(crate) fn new(log: Box<dyn Log>, is_used: bool, readers: usize) -> Self {
        Self {
            is_used,
            log,
            feeds: Feeds::default(),
            awaited: Awaited::default(),
            readers: Semaphore::new(readers.min(Semaphore::MAX_PERMITS)),
            is_watched: Once::new(),
        }
    }

    /// The offset of a room's last entry.
    pub(crate) async fn head(&self, room: &RoomCode) -> Result<Offset, LogUnavailable> {
        let heads = self.log.heads(std::slice::from_ref(room)).await?;
        heads.into_iter().next().ok_or(LogUnavailable)
    }
}

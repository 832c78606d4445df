//! Where the entries of rooms are recorded, whatever does it.

use std::sync::Arc;

use futures_util::{future::BoxFuture, stream::BoxStream};

use super::{Entry, Kept, Offset, Recorded};
use crate::{Failure, error::Refusal, room::RoomCode};

/// The logs of all rooms. Each room has an order of its own.
///
/// A call that takes too long fails: nobody waits for a log that does not answer.
pub(crate) trait Log: Send + Sync {
    /// Whether it answered when it was last asked. What is to be recorded need not be begun where it did
    /// not; this asks nobody.
    fn is_available(&self) -> bool;

    /// Records an entry as the last of its room. All tails that follow the room have it from then on,
    /// perhaps before this returns its place.
    fn append(&self, entry: Entry, kept: Kept) -> LogFuture<'_, Offset>;

    /// The offset of the last entry of each room; before the first one, the place in front of it.
    fn heads<'a>(&'a self, rooms: &'a [RoomCode]) -> LogFuture<'a, Vec<Offset>>;

    /// The entries that follow an offset, in their order and no more than `max`, or why it cannot be
    /// said which those are.
    fn read<'a>(&'a self, room: &'a RoomCode, after: &'a Offset, max: usize)
    -> LogFuture<'a, Page>;

    /// As [`heads`](Self::heads) of a room of which something was delivered that cannot be followed any
    /// more. An order that is not as far as that begins anew, so that it gives no number twice.
    fn restart<'a>(&'a self, room: &'a RoomCode, delivered: &'a Offset) -> LogFuture<'a, Offset>;

    /// What is recorded from now on, of each room in its order.
    fn tail(&self) -> BoxStream<'static, Tailed>;
}

/// What comes out of the tail of a log.
pub(crate) enum Tailed {
    Recorded(Arc<Recorded>),
    /// Something of this room may have been missed, which the log may still have.
    #[cfg_attr(
        not(feature = "redis"),
        expect(dead_code, reason = "memory misses nothing")
    )]
    Missed(RoomCode),
    /// The same of all rooms.
    #[cfg_attr(
        not(feature = "redis"),
        expect(dead_code, reason = "memory misses nothing")
    )]
    Interrupted,
}

pub(crate) type LogFuture<'a, T> = BoxFuture<'a, Result<T, LogUnavailable>>;

/// Some entries that follow each other, or why there are none.
pub(crate) type Page = Result<Vec<Arc<Recorded>>, Gap>;

/// Why it cannot be said what followed an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Some of it is no longer kept.
    Trimmed,
    /// The offset is none of this log's life.
    NewEpoch,
}

impl Gap {
    /// Its name on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trimmed => "trimmed",
            Self::NewEpoch => "newEpoch",
        }
    }
}

/// The log does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log of rooms does not answer")]
pub(crate) struct LogUnavailable;

impl From<LogUnavailable> for Failure {
    fn from(unavailable: LogUnavailable) -> Self {
        let LogUnavailable = unavailable;
        Refusal::ClusterUnavailable.into()
    }
}

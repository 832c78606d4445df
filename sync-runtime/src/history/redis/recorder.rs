//! Recording together what is recorded at the same time.
//!
//! Most of what an entry costs, here and in Redis, is what a call costs. So while one call is on its way entries wait,
//! and those of one room are one call then. Where there is little to do nothing waits.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::join_all;
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    oneshot,
};

use super::{Rooms, entry};
use crate::{
    history::{Entry, Kept, LogUnavailable, Offset},
    room::RoomCode,
};

/// How many entries are recorded together at the most: some tenths of a millisecond of Redis's time.
const AT_ONCE: usize = 64;

/// How many bytes of entries one call takes, a larger one by itself. Redis does nothing else meanwhile.
const CALL_BYTES: usize = 1024 * 1024;

/// The way to the one who records. What is on it is bounded by those who wait for an answer.
#[derive(Clone)]
pub(super) struct Recorder(UnboundedSender<Recording>);

/// An entry that somebody waits to have recorded.
pub(super) struct Recording {
    room: RoomCode,
    pub(super) kept: Kept,
    /// How many it counts as.
    pub(super) bytes: usize,
    pub(super) text: String,
    recorded: oneshot::Sender<Result<Offset, LogUnavailable>>,
}

impl Recorder {
    /// A recorder, and what has to run for it.
    pub(super) fn new(rooms: Arc<Rooms>) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, recordings) = unbounded_channel();
        (Self(sender), run(rooms, recordings))
    }

    /// Records an entry as the last of its room.
    pub(super) async fn record(&self, entry: Entry, kept: Kept) -> Result<Offset, LogUnavailable> {
        let text = entry::written(&entry).map_err(|error| {
            tracing::error!(%error, "an entry cannot be written");
            LogUnavailable
        })?;
        let (recorded, offset) = oneshot::channel();
        let recording = Recording {
            bytes: entry.bytes(),
            room: entry.room,
            kept,
            text,
            recorded,
        };
        self.0.send(recording).map_err(|_| LogUnavailable)?;
        offset.await.unwrap_or(Err(LogUnavailable))
    }
}

async fn run(rooms: Arc<Rooms>, mut recordings: UnboundedReceiver<Recording>) {
    let mut together = Vec::new();
    while recordings.recv_many(&mut together, AT_ONCE).await > 0 {
        let mut by_room = HashMap::<_, Vec<_>>::new();
        for recording in together.drain(..) {
            let of_room = by_room.entry(recording.room.clone()).or_default();
            of_room.push(recording);
        }
        let of_rooms = by_room.into_iter();
        join_all(of_rooms.map(|(room, entries)| record(&rooms, room, entries))).await;
    }
}

/// Records entries of one room, mostly in one call.
async fn record(rooms: &Rooms, room: RoomCode, entries: Vec<Recording>) {
    let mut entries = entries.into_iter().peekable();
    while entries.peek().is_some() {
        let (mut call, mut bytes) = (Vec::new(), 0);
        let fits = |entry: &Recording, bytes| bytes == 0 || bytes + entry.text.len() <= CALL_BYTES;
        while let Some(entry) = entries.next_if(|entry| fits(entry, bytes)) {
            bytes += entry.text.len();
            call.push(entry);
        }
        let first = rooms.append(&room, &call).await;
        for (nth, recording) in (0..).zip(call) {
            let offset = first.clone().map(|first| Offset {
                number: first.number + nth,
                ..first
            });
            // Who does not wait any more has no use for it.
            let _ = recording.recorded.send(offset);
        }
    }
}

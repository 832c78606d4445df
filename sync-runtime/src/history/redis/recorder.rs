//! Recording together what is recorded at the same time.
//!
//! Most of what an entry costs, here and in Redis, is what a call costs. So while a call for a room is on its way,
//! entries of that room wait and are one call then. Where there is little to do nothing waits.

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc};

use dashmap::{DashMap, mapref::entry::Entry as Slot};
use futures_util::FutureExt;
use tokio::{runtime::Handle, sync::oneshot};

use super::{Rooms, entry};
use crate::{
    history::{Entry, Kept, LogUnavailable, Offset},
    panic,
    room::RoomCode,
};

/// How many entries one call records at the most: some tenths of a millisecond of Redis's time.
const AT_ONCE: usize = 64;

/// How many bytes of entries one call takes, a larger one by itself. Redis does nothing else meanwhile.
const CALL_BYTES: usize = 1024 * 1024;

/// Records entries, of each room in one call after another.
#[derive(Clone)]
pub(super) struct Recorder {
    rooms: Arc<Rooms>,
    /// Not that of whoever is first in a room: it could end before those behind have been recorded.
    runtime: Handle,
    /// What waits in the rooms in which somebody records. It is bounded by those who wait for an answer.
    waiting: Arc<DashMap<RoomCode, VecDeque<Recording>>>,
}

/// An entry that somebody waits to have recorded.
pub(super) struct Recording {
    pub(super) kept: Kept,
    /// How many it counts as.
    pub(super) bytes: usize,
    pub(super) text: String,
    recorded: oneshot::Sender<Result<Offset, LogUnavailable>>,
}

impl Recorder {
    pub(super) fn new(rooms: Arc<Rooms>, runtime: Handle) -> Self {
        Self {
            rooms,
            runtime,
            waiting: Arc::default(),
        }
    }

    /// Records an entry as the last of its room.
    pub(super) async fn record(&self, entry: Entry, kept: Kept) -> Result<Offset, LogUnavailable> {
        let text = entry::written(&entry).map_err(|error| {
            tracing::error!(%error, "an entry cannot be written");
            LogUnavailable
        })?;
        let (recorded, offset) = oneshot::channel();
        let recording = Recording {
            kept,
            bytes: entry.bytes(),
            text,
            recorded,
        };
        match self.waiting.entry(entry.room.clone()) {
            Slot::Occupied(mut waiting) => waiting.get_mut().push_back(recording),
            Slot::Vacant(nobody) => {
                nobody.insert(VecDeque::from([recording]));
                self.runtime.spawn(self.clone().run(entry.room));
            }
        }
        offset.await.unwrap_or(Err(LogUnavailable))
    }

    /// Records what waits in a room until nothing does.
    async fn run(self, room: RoomCode) {
        while let Some(entries) = self.next(&room) {
            let call = AssertUnwindSafe(self.rooms.append(&room, &entries)).catch_unwind();
            let first = call.await.unwrap_or_else(|payload| {
                // What waits behind it must not wait for ever.
                tracing::error!(%room, panic = %panic::text(&*payload), "entries are not recorded");
                Err(LogUnavailable)
            });
            for (nth, recording) in (0..).zip(entries) {
                let offset = first.clone().map(|first| Offset {
                    number: first.number + nth,
                    ..first
                });
                // Who does not wait any more has no use for it.
                let _ = recording.recorded.send(offset);
            }
        }
    }

    /// What the next call for a room records. Where there is nothing, nobody records there any more.
    fn next(&self, room: &RoomCode) -> Option<Vec<Recording>> {
        let Slot::Occupied(mut waiting) = self.waiting.entry(room.clone()) else {
            return None;
        };
        let mut bytes = 0;
        let fits = |entry: &&Recording| {
            let is_first = bytes == 0;
            bytes += entry.text.len();
            is_first || bytes <= CALL_BYTES
        };
        let count = waiting.get().iter().take(AT_ONCE).take_while(fits).count();
        if count == 0 {
            waiting.remove();
            return None;
        }
        Some(waiting.get_mut().drain(..count).collect())
    }
}

//! The requests of this node whose entries are not delivered yet.

use std::collections::HashMap;

use dashmap::{DashMap, mapref::entry::Entry};
use tokio::sync::oneshot;

use super::{EntryId, Offset};
use crate::{hooks::RequestInfo, room::RoomCode};

/// The requests that wait for their deliveries, by room and by what they had recorded.
#[derive(Default)]
pub(crate) struct Awaited {
    rooms: DashMap<RoomCode, HashMap<EntryId, Waiting>>,
}

struct Waiting {
    sides: Sides,
    /// The place of its entry, when that is known.
    offset: Option<Offset>,
}

/// What the feed has of a request.
pub(crate) struct Sides {
    pub(crate) request: RequestInfo,
    /// Ends when the request has been answered: its sender hears the answer first.
    pub(crate) answered: oneshot::Receiver<()>,
    /// Takes the number of deliveries.
    pub(crate) delivered: oneshot::Sender<usize>,
}

/// What a request has of its deliveries.
pub(crate) struct Deliveries {
    answered: oneshot::Sender<()>,
    delivered: oneshot::Receiver<usize>,
}

impl Awaited {
    /// Makes a request known before its entry can come.
    pub(crate) fn begin(&self, entry: EntryId, request: RequestInfo) -> Deliveries {
        let (answered, wait) = oneshot::channel();
        let (done, delivered) = oneshot::channel();
        let room = request.room.clone();
        let sides = Sides {
            request,
            answered: wait,
            delivered: done,
        };
        let waiting = Waiting {
            sides,
            offset: None,
        };
        self.rooms.entry(room).or_default().insert(entry, waiting);
        Deliveries {
            answered,
            delivered,
        }
    }

    /// Whether an entry is of a request of this node.
    pub(crate) fn has(&self, room: &RoomCode, entry: EntryId) -> bool {
        let requests = self.rooms.get(room);
        requests.is_some_and(|requests| requests.contains_key(&entry))
    }

    /// The request that an entry is of, if it is one of this node. It is forgotten.
    pub(crate) fn take(&self, room: &RoomCode, entry: EntryId) -> Option<Sides> {
        let Entry::Occupied(mut requests) = self.rooms.entry(room.clone()) else {
            return None;
        };
        let waiting = requests.get_mut().remove(&entry);
        if requests.get().is_empty() {
            requests.remove();
        }
        waiting.map(|waiting| waiting.sides)
    }

    /// Notes the place of an entry.
    pub(crate) fn place(&self, room: &RoomCode, entry: EntryId, offset: Offset) {
        if let Some(mut requests) = self.rooms.get_mut(room)
            && let Some(waiting) = requests.get_mut(&entry)
        {
            waiting.offset = Some(offset);
        }
    }

    /// Forgets those whose entries the feed has passed: whoever was to get them from the log has or will,
    /// and the tail may have missed them.
    pub(crate) fn pass(&self, room: &RoomCode, position: &Offset) {
        let Entry::Occupied(mut requests) = self.rooms.entry(room.clone()) else {
            return;
        };
        let is_passed = |offset: &Offset| position.reaches(offset);
        requests
            .get_mut()
            .retain(|_, waiting| !waiting.offset.as_ref().is_some_and(is_passed));
        if requests.get().is_empty() {
            requests.remove();
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Forgets all of a room whose entries will not come: none of them is delivered here.
    pub(crate) fn forget(&self, room: &RoomCode) {
        self.rooms.remove(room);
    }
}

impl Deliveries {
    /// Lets them begin, for the request has been answered, and waits for their end. Gives how many
    /// there were.
    pub(crate) async fn made(self) -> usize {
        drop(self.answered);
        self.delivered.await.unwrap_or(0)
    }
}

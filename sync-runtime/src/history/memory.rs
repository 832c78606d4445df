//! Logs in the memory of this process, which end with it.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::ready,
    sync::Arc,
};

use futures_util::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use parking_lot::Mutex;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};
use uuid::Uuid;

use super::{Entry, Epoch, Gap, Kept, Log, LogFuture, Offset, Page, Recorded, Tailed};
use crate::{observe, room::RoomCode};

/// How much memory logs may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryBounds {
    pub(crate) rooms: usize,
    pub(crate) bytes_per_room: usize,
    /// Of all rooms together.
    pub(crate) bytes: usize,
}

/// Logs in memory: the last entries of the rooms that were used last.
pub(crate) struct MemoryLog {
    bounds: MemoryBounds,
    state: Mutex<State>,
}

struct State {
    /// What tells this process from others.
    process: u64,
    /// How many rooms were forgotten. A room that has no log yet begins its epoch with this number, so
    /// no two lives of one room have the same epoch, and nothing is kept for rooms without a log.
    forgotten: u64,
    rooms: HashMap<RoomCode, Ring>,
    /// The rooms, the one that was used longest ago first.
    by_use: BTreeMap<u64, RoomCode>,
    uses: u64,
    bytes: usize,
    /// Not bounded by itself: what is in it is of requests that wait for its end.
    tails: Vec<UnboundedSender<Arc<Recorded>>>,
}

/// The log of one room.
struct Ring {
    epoch: Epoch,
    /// The number of the last entry, whether or not it is kept.
    last: u64,
    entries: VecDeque<Held>,
    bytes: usize,
    used: u64,
}

struct Held {
    recorded: Arc<Recorded>,
    kept: Kept,
    bytes: usize,
    at: Instant,
}

impl MemoryLog {
    pub(crate) fn new(bounds: MemoryBounds) -> Self {
        let state = State {
            process: Uuid::new_v4().as_u64_pair().0,
            forgotten: 0,
            rooms: HashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
            bytes: 0,
            tails: Vec::new(),
        };
        Self {
            bounds,
            state: Mutex::new(state),
        }
    }
}

impl Log for MemoryLog {
    fn is_available(&self) -> bool {
        true
    }

    fn append(&self, entry: Entry, kept: Kept) -> LogFuture<'_, Offset> {
        let offset = self.state.lock().append(entry, kept, self.bounds);
        ready(Ok(offset)).boxed()
    }

    fn heads<'a>(&'a self, rooms: &'a [RoomCode]) -> LogFuture<'a, Vec<Offset>> {
        let state = self.state.lock();
        let heads = rooms.iter().map(|room| state.head(room)).collect();
        ready(Ok(heads)).boxed()
    }

    fn read<'a>(
        &'a self,
        room: &'a RoomCode,
        after: &'a Offset,
        max: usize,
    ) -> LogFuture<'a, Page> {
        let page = self.state.lock().read(room, after, max);
        ready(Ok(page)).boxed()
    }

    fn restart<'a>(&'a self, room: &'a RoomCode, _: &'a Offset) -> LogFuture<'a, Offset> {
        ready(Ok(self.state.lock().head(room))).boxed()
    }

    fn tail(&self) -> BoxStream<'static, Tailed> {
        let (tail, recorded) = unbounded_channel();
        self.state.lock().tails.push(tail);
        let next = |mut recorded: UnboundedReceiver<_>| async {
            let entry = recorded.recv().await?;
            Some((Tailed::Recorded(entry), recorded))
        };
        stream::unfold(recorded, next).boxed()
    }
}

impl State {
    fn new_epoch(&self) -> Epoch {
        Epoch::new(format!("{:016x}-{:x}", self.process, self.forgotten))
    }

    fn head(&self, room: &RoomCode) -> Offset {
        match self.rooms.get(room) {
            Some(ring) => Offset {
                epoch: ring.epoch.clone(),
                number: ring.last,
            },
            None => Offset {
                epoch: self.new_epoch(),
                number: 0,
            },
        }
    }

    fn append(&mut self, entry: Entry, kept: Kept, bounds: MemoryBounds) -> Offset {
        let room = entry.room.clone();
        let bytes = entry.bytes();
        self.uses += 1;
        let used = self.uses;
        let epoch = self.new_epoch();
        let ring = self.rooms.entry(room.clone()).or_insert_with(|| Ring {
            epoch,
            last: 0,
            entries: VecDeque::new(),
            bytes: 0,
            used,
        });
        self.by_use.remove(&ring.used);
        self.by_use.insert(used, room);
        ring.used = used;
        ring.last += 1;
        let recorded = Arc::new(Recorded {
            offset: Offset {
                epoch: ring.epoch.clone(),
                number: ring.last,
            },
            entry,
        });
        let before = ring.bytes;
        ring.bytes += bytes;
        ring.entries.push_back(Held {
            recorded: recorded.clone(),
            kept,
            bytes,
            at: Instant::now(),
        });
        ring.trim(bounds.bytes_per_room);
        self.bytes = self.bytes + ring.bytes - before;
        self.tails
            .retain(|tail| tail.send(recorded.clone()).is_ok());
        while self.rooms.len() > bounds.rooms || self.bytes > bounds.bytes {
            if self.by_use.len() <= 1 {
                break;
            }
            self.forget_one();
        }
        recorded.offset.clone()
    }

    /// Forgets the room that was used longest ago.
    fn forget_one(&mut self) {
        if let Some((_, room)) = self.by_use.pop_first()
            && let Some(ring) = self.rooms.remove(&room)
        {
            self.bytes -= ring.bytes;
            self.forgotten += 1;
            observe::history_forgotten();
        }
    }

    fn read(&mut self, room: &RoomCode, after: &Offset, max: usize) -> Page {
        let head = self.head(room);
        if !head.reaches(after) {
            return Err(Gap::NewEpoch);
        }
        let Some(ring) = self.rooms.get_mut(room) else {
            return Ok(Vec::new());
        };
        let before = ring.bytes;
        ring.trim(usize::MAX);
        self.bytes = self.bytes + ring.bytes - before;
        ring.read(after.number, max)
    }
}

impl Ring {
    /// Lets go of the first entries as long as the first is no longer to be kept.
    fn trim(&mut self, max_bytes: usize) {
        while let Some(first) = self.entries.front() {
            let is_kept = self.entries.len() <= first.kept.count
                && first.at.elapsed() < first.kept.age
                && self.bytes <= max_bytes;
            if is_kept {
                return;
            }
            self.bytes -= first.bytes;
            self.entries.pop_front();
        }
    }

    fn read(&self, after: u64, max: usize) -> Page {
        let missed = self.last - after;
        let kept = self.entries.len() as u64;
        if missed > kept {
            return Err(Gap::Trimmed);
        }
        let known = usize::try_from(kept - missed).unwrap_or(usize::MAX);
        let following = self.entries.iter().skip(known).take(max);
        Ok(following.map(|held| held.recorded.clone()).collect())
    }
}

//! Logs in Redis, which the nodes of a cluster share.
//!
//! Each room has a hash, a stream and a list there; `scripts/life.lua` says what is in them. Entries are
//! recorded by one script, which also tells each to all nodes on the channel of the room, so that what a
//! node hears there is the order of the room.

mod cluster_id;
mod entry;
mod recorder;
mod scripts;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use futures_util::{
    FutureExt, StreamExt,
    future::try_join_all,
    stream::{self, BoxStream},
};
use parking_lot::Mutex;
use redis::{FromRedisValue, Script, ScriptInvocation, aio::ConnectionManager};
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use uuid::Uuid;

use self::{
    cluster_id::ClusterId,
    recorder::{Recorder, Recording},
    scripts::Scripts,
};
use super::{Entry, Gap, Kept, Log, LogFuture, LogUnavailable, Offset, Page, Tailed};
use crate::{
    redis_connection::{Link, Unanswered, Words},
    room::RoomCode,
};

/// How long the epoch of a room lives from its last use on, or from when the last entry is no longer kept.
/// A room that nobody uses for longer begins a new one.
const LIFE: Duration = Duration::from_hours(7 * 24);

const WORDS: Words = Words {
    away: "Redis does not record rooms: requests of routes with history are refused",
    back: "Redis records rooms again",
};

/// Where logs in Redis are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// What the keys and channels of the app begin with.
    pub(crate) prefix: String,
    /// How long a call may take.
    pub(crate) timeout: Duration,
    /// How many bytes of entries are kept of one room.
    pub(crate) bytes_per_room: usize,
}

/// Logs in Redis.
pub(crate) struct RedisLog {
    rooms: Arc<Rooms>,
    recorder: Recorder,
    told: Told,
    tail: Mutex<Option<UnboundedReceiver<Tailed>>>,
}

/// What Redis has of the rooms.
struct Rooms {
    place: Place,
    link: Arc<Link>,
    scripts: Scripts,
    cluster: ClusterId,
}

/// What the log is told of the channels of rooms.
#[derive(Clone)]
pub(crate) struct Told {
    /// Not bounded by itself: who takes it hands it on at once.
    tail: UnboundedSender<Tailed>,
}

impl Told {
    /// Takes what was heard on the channel of a room; `false` when it is no entry.
    pub(crate) fn heard(&self, room: &RoomCode, payload: &[u8]) -> bool {
        let Some(told) = entry::told(payload) else {
            return false;
        };
        self.send(match entry::recorded(room, told) {
            Some(recorded) => Tailed::Recorded(Arc::new(recorded)),
            // The log says what can be done about it.
            None => Tailed::Missed(room.clone()),
        });
        true
    }

    /// Something told on any channel may have been missed.
    pub(crate) fn interrupted(&self) {
        self.send(Tailed::Interrupted);
    }

    fn send(&self, tailed: Tailed) {
        // Nobody takes it where the server is gone.
        let _ = self.tail.send(tailed);
    }
}

impl RedisLog {
    /// Entries are recorded on `runtime`.
    pub(crate) fn new(connection: ConnectionManager, runtime: Handle, place: Place) -> Self {
        let rooms = Arc::new(Rooms {
            link: Link::new(connection, place.timeout, WORDS),
            place,
            scripts: Scripts::default(),
            cluster: ClusterId::default(),
        });
        let (tail, tailed) = unbounded_channel();
        Self {
            recorder: Recorder::new(rooms.clone(), runtime),
            rooms,
            told: Told { tail },
            tail: Mutex::new(Some(tailed)),
        }
    }

    /// What is to be told of the channels of rooms.
    pub(crate) fn told(&self) -> Told {
        self.told.clone()
    }
}

impl Rooms {
    /// A script of a room with what all of them take.
    async fn script<'a>(
        &self,
        script: &'a Script,
        room: &RoomCode,
    ) -> Result<ScriptInvocation<'a>, LogUnavailable> {
        let prefix = &self.place.prefix;
        let cluster = self.cluster.get(|| self.ask_for_cluster()).await?;
        let mut invocation = script.prepare_invoke();
        for part in ["head", "entries", "kept"] {
            // The braces keep what is of one room in one slot.
            invocation.key(format!("{prefix}log:{{{room}}}:{part}"));
        }
        let new = Uuid::new_v4().as_u64_pair().0;
        invocation
            .arg(format!("{cluster}-{new:016x}"))
            .arg(milliseconds(LIFE));
        Ok(invocation)
    }

    /// Asks for the name of this Redis's data, which the first to ask gives it.
    async fn ask_for_cluster(&self) -> Result<String, LogUnavailable> {
        let mut connection = self.link.connection();
        let key = format!("{}cluster", self.place.prefix);
        let new = Uuid::new_v4().to_string();
        let mut both = redis::pipe();
        both.cmd("SET").arg(&key).arg(new).arg("NX").ignore();
        both.cmd("GET").arg(&key);
        let (id,) = self.within(both.query_async(&mut connection)).await?;
        Ok(id)
    }

    async fn ask<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, LogUnavailable> {
        let mut connection = self.link.connection();
        self.within(script.invoke_async(&mut connection)).await
    }

    /// Waits for Redis, unless it is known to be away.
    async fn within<T>(
        &self,
        command: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, LogUnavailable> {
        if !self.link.answers() {
            return Err(LogUnavailable);
        }
        self.link.within(command).await.map_err(|error| {
            if let Unanswered::Refused(error) = error {
                tracing::error!(%error, "Redis refuses what is to be recorded or read");
            }
            LogUnavailable
        })
    }

    /// Records entries as the last of a room. Gives the place of the first; the others follow it.
    async fn append(
        &self,
        room: &RoomCode,
        entries: &[Recording],
    ) -> Result<Offset, LogUnavailable> {
        let mut script = self.script(&self.scripts.append, room).await?;
        script
            .arg(self.place.bytes_per_room)
            .arg(format!("{}room:{room}", self.place.prefix));
        for Recording {
            kept, bytes, text, ..
        } in entries
        {
            let age = milliseconds(kept.age);
            script.arg(kept.count).arg(age).arg(*bytes).arg(text);
        }
        offset(&self.ask::<String>(&script).await?)
    }

    async fn head(&self, room: &RoomCode) -> Result<Offset, LogUnavailable> {
        let script = self.script(&self.scripts.head, room).await?;
        offset(&self.ask::<String>(&script).await?)
    }
}

/// Reads an offset that a script gave.
fn offset(text: &str) -> Result<Offset, LogUnavailable> {
    Offset::parse(text).ok_or_else(|| {
        tracing::error!(text, "Redis holds no offset where one should be");
        LogUnavailable
    })
}

fn milliseconds(duration: Duration) -> u64 {
    // Redis takes no life of zero, and counts to 2^53 in scripts.
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    milliseconds.clamp(1, 1 << 52)
}

impl Log for RedisLog {
    fn is_available(&self) -> bool {
        self.rooms.link.answers()
    }

    fn append(&self, entry: Entry, kept: Kept) -> LogFuture<'_, Offset> {
        self.recorder.record(entry, kept).boxed()
    }

    fn heads<'a>(&'a self, rooms: &'a [RoomCode]) -> LogFuture<'a, Vec<Offset>> {
        try_join_all(rooms.iter().map(|room| self.rooms.head(room))).boxed()
    }

    fn read<'a>(
        &'a self,
        room: &'a RoomCode,
        after: &'a Offset,
        max: usize,
    ) -> LogFuture<'a, Page> {
        async move {
            let rooms = &self.rooms;
            let mut script = rooms.script(&rooms.scripts.read, room).await?;
            script.arg(after.epoch.as_str()).arg(after.number).arg(max);
            let answer: Vec<String> = rooms.ask(&script).await?;
            Ok(match answer.split_first() {
                Some((what, entries)) if what == "entries" => page(room, after, entries),
                Some((what, _)) if what == "trimmed" => Err(Gap::Trimmed),
                _ => {
                    let ask = || rooms.ask_for_cluster();
                    rooms.cluster.check(&after.epoch, ask).await;
                    Err(Gap::NewEpoch)
                }
            })
        }
        .boxed()
    }

    fn restart<'a>(&'a self, room: &'a RoomCode, delivered: &'a Offset) -> LogFuture<'a, Offset> {
        async move {
            let rooms = &self.rooms;
            let mut script = rooms.script(&rooms.scripts.restart, room).await?;
            script.arg(delivered.epoch.as_str()).arg(delivered.number);
            offset(&rooms.ask::<String>(&script).await?)
        }
        .boxed()
    }

    fn tail(&self) -> BoxStream<'static, Tailed> {
        let Some(tail) = self.tail.lock().take() else {
            return stream::empty().boxed();
        };
        let next = |mut tail: UnboundedReceiver<_>| async { Some((tail.recv().await?, tail)) };
        stream::unfold(tail, next).boxed()
    }
}

/// The entries that follow an offset, each by one.
fn page(room: &RoomCode, after: &Offset, entries: &[String]) -> Page {
    let places = (after.number + 1..).map(|number| Offset {
        epoch: after.epoch.clone(),
        number,
    });
    let read = |(offset, text): (Offset, &String)| {
        let entry = entry::read(room, text)?;
        Some(Arc::new(super::Recorded { offset, entry }))
    };
    let read: Option<Vec<_>> = places.zip(entries).map(read).collect();
    // What cannot be read is as good as lost, and is not passed over in silence.
    read.ok_or(Gap::Trimmed)
}

impl fmt::Debug for RedisLog {
    /// Without the connection, which can have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLog")
            .field("place", &self.rooms.place)
            .finish_non_exhaustive()
    }
}

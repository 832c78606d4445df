//! Publishing without waiting: a queue, and a task that empties it into Redis.
//!
//! A publication is never tried twice: nobody knows of one that failed whether Redis has had it, and a
//! live delivery must not come twice. Instead those whom it was for are told that something may be
//! missing, as soon as Redis takes that.

use std::{
    collections::HashSet,
    mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use redis::{RedisResult, aio::ConnectionManager};
use tokio::{
    sync::{Notify, mpsc},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::observe;

/// How many publications are sent to Redis at once.
const AT_ONCE: usize = 256;

/// How often it is looked whether Redis takes word of what was lost.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// What may wait, and how much is known of what did not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Bytes of publications.
    pub(super) bytes: usize,
    /// Channels on which something was lost; beyond them it counts as lost on all.
    pub(super) lost_channels: usize,
    /// How long Redis may take.
    pub(super) timeout: Duration,
}

/// What is published when something was lost.
pub(super) struct Word {
    /// What is said on a channel.
    pub(super) payload: String,
    /// Where it is said that it is all channels.
    pub(super) to_all: String,
}

#[derive(Clone)]
pub(super) struct Publisher(Arc<Shared>);

struct Shared {
    queue: mpsc::UnboundedSender<Publication>,
    waiting: AtomicUsize,
    /// Told when nothing waits any more.
    is_empty: Notify,
    lost: Mutex<Lost>,
    room: Room,
}

struct Publication {
    channel: String,
    payload: String,
}

/// On which channels something was lost and nobody has been told.
#[derive(Debug, Default, PartialEq, Eq)]
enum Lost {
    #[default]
    Nothing,
    On(HashSet<String>),
    OnAll,
}

impl Lost {
    fn add(&mut self, channel: String, most: usize) {
        match self {
            Self::Nothing => *self = Self::On(HashSet::from([channel])),
            Self::On(channels) if channels.len() < most || channels.contains(&channel) => {
                channels.insert(channel);
            }
            Self::On(_) => *self = Self::OnAll,
            Self::OnAll => {}
        }
    }
}

impl Publisher {
    /// A publisher, and what has to run for it.
    pub(super) fn new(
        connection: ConnectionManager,
        room: Room,
        word: Word,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, publications) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue,
            waiting: AtomicUsize::new(0),
            is_empty: Notify::new(),
            lost: Mutex::default(),
            room,
        });
        let writer = Writer {
            shared: shared.clone(),
            connection,
            word,
        };
        (Self(shared), writer.run(publications))
    }

    /// Publishes when it is its turn; what does not fit is lost.
    pub(super) fn publish(&self, channel: String, payload: String) {
        let shared = &self.0;
        let bytes = channel.len() + payload.len();
        let waiting = shared.waiting.fetch_add(bytes, Ordering::Relaxed);
        if waiting > 0 && waiting.saturating_add(bytes) > shared.room.bytes {
            shared.waiting.fetch_sub(bytes, Ordering::Relaxed);
            shared.lose([channel]);
            return;
        }
        // There is somebody as long as the runtime lives.
        let _ = shared.queue.send(Publication { channel, payload });
    }

    /// Waits until nothing waits any more.
    pub(super) async fn flushed(&self) {
        loop {
            let is_empty = self.0.is_empty.notified();
            if self.0.waiting.load(Ordering::Relaxed) == 0 {
                return;
            }
            is_empty.await;
        }
    }
}

impl Shared {
    fn lose(&self, channels: impl IntoIterator<Item = String>) {
        let mut lost = self.lost.lock();
        for channel in channels {
            observe::cluster_lost();
            lost.add(channel, self.room.lost_channels);
        }
    }
}

struct Writer {
    shared: Arc<Shared>,
    connection: ConnectionManager,
    word: Word,
}

impl Writer {
    async fn run(mut self, mut publications: mpsc::UnboundedReceiver<Publication>) {
        let mut look = interval(TELL_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                _ = publications.recv_many(&mut batch, AT_ONCE) => {
                    self.write(mem::take(&mut batch)).await;
                }
                _ = look.tick() => self.tell_of_lost().await,
            }
        }
    }

    async fn write(&mut self, batch: Vec<Publication>) {
        let bytes = batch
            .iter()
            .map(|one| one.channel.len() + one.payload.len());
        let bytes: usize = bytes.sum();
        let count = batch.len();
        match self.publish(&batch).await {
            Ok(()) => observe::cluster_published(count),
            Err(error) => {
                tracing::warn!(%error, count, "nobody knows whether other nodes get what was published");
                let channels = batch.into_iter().map(|publication| publication.channel);
                self.shared.lose(channels);
            }
        }
        if self.shared.waiting.fetch_sub(bytes, Ordering::Relaxed) == bytes {
            self.shared.is_empty.notify_waiters();
        }
    }

    /// Says that something was lost to those who have missed it. If that cannot be published either, it
    /// stays to be said.
    async fn tell_of_lost(&mut self) {
        let lost = mem::take(&mut *self.shared.lost.lock());
        let channels = match lost {
            Lost::Nothing => return,
            Lost::On(channels) => channels,
            Lost::OnAll => HashSet::from([self.word.to_all.clone()]),
        };
        let words = channels.into_iter().map(|channel| Publication {
            channel,
            payload: self.word.payload.clone(),
        });
        let words: Vec<_> = words.collect();
        if let Err(error) = self.publish(&words).await {
            tracing::debug!(%error, "other nodes cannot be told what they have missed");
            let mut lost = self.shared.lost.lock();
            for Publication { channel, .. } in words {
                if channel == self.word.to_all {
                    *lost = Lost::OnAll;
                } else {
                    lost.add(channel, self.shared.room.lost_channels);
                }
            }
        }
    }

    async fn publish(&mut self, publications: &[Publication]) -> RedisResult<()> {
        let mut pipeline = redis::pipe();
        for Publication { channel, payload } in publications {
            let publish = pipeline.cmd("PUBLISH").arg(channel).arg(payload);
            publish.ignore();
        }
        let published = pipeline.exec_async(&mut self.connection);
        let answered = timeout(self.shared.room.timeout, published).await;
        answered.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_something_counts_as_lost_on_all_channels() {
        let mut lost = Lost::default();
        for channel in ["a", "b", "a"] {
            lost.add(channel.into(), 2);
        }
        assert_eq!(lost, Lost::On(HashSet::from(["a".into(), "b".into()])));
        lost.add("c".into(), 2);
        assert_eq!(lost, Lost::OnAll);
        lost.add("a".into(), 2);
        assert_eq!(lost, Lost::OnAll);
    }
}

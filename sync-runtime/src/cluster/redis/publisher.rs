//! Publishing without waiting: a queue, and a task that empties it into Redis, in rounds as deliveries are written: most
//! of what a publication costs, here, in Redis and on the nodes that hear it, is what a packet costs.
//!
//! A publication is never tried twice: nobody knows of one that failed whether Redis has had it, and a
//! live delivery must not come twice. Instead those whom it was for are told that something may be
//! missing, as soon as Redis takes that.

use std::{
    collections::HashSet,
    io, mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use parking_lot::Mutex;
use redis::RedisResult;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use crate::{observe, redis_channels::Channels};

/// How many publications are sent to Redis in one round at the most.
const AT_ONCE: usize = 256;

/// How often it is looked whether Redis takes word of what was lost.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// What a publisher may take: how much may wait, and how much is known of what did not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes of publications.
    pub(super) bytes: usize,
    /// Channels on which something was lost; beyond them it counts as lost on all.
    pub(super) lost_channels: usize,
    /// How long Redis may take.
    pub(super) timeout: Duration,
    /// How long it is at least from one round to the next.
    pub(super) interval: Duration,
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
    bounds: Bounds,
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
        channels: Channels,
        bounds: Bounds,
        word: Word,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, publications) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue,
            waiting: AtomicUsize::new(0),
            is_empty: Notify::new(),
            lost: Mutex::default(),
            bounds,
        });
        let writer = Writer {
            shared: shared.clone(),
            channels,
            word,
        };
        (Self(shared), writer.run(publications))
    }

    /// Publishes when it is its turn; what does not fit is lost.
    pub(super) fn publish(&self, channel: String, payload: String) {
        let shared = &self.0;
        let bytes = channel.len() + payload.len();
        let waiting = shared.waiting.fetch_add(bytes, Ordering::Relaxed);
        if waiting > 0 && waiting.saturating_add(bytes) > shared.bounds.bytes {
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
            lost.add(channel, self.bounds.lost_channels);
        }
    }
}

struct Writer {
    shared: Arc<Shared>,
    channels: Channels,
    word: Word,
}

impl Writer {
    async fn run(mut self, mut publications: mpsc::UnboundedReceiver<Publication>) {
        let mut look = interval(TELL_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        let mut next_round = Instant::now();
        loop {
            tokio::select! {
                _ = publications.recv_many(&mut batch, AT_ONCE) => {
                    if Instant::now() < next_round && batch.len() < AT_ONCE {
                        sleep_until(next_round).await;
                        let others = AT_ONCE - batch.len();
                        publications.recv_many(&mut batch, others).now_or_never();
                    }
                    next_round = Instant::now() + self.shared.bounds.interval;
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
                    lost.add(channel, self.shared.bounds.lost_channels);
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
        let published = async {
            let connection = self.channels.connection().await;
            let mut connection = connection.ok_or(io::Error::from(io::ErrorKind::NotConnected))?;
            pipeline.exec_async(&mut connection).await
        };
        let answered = timeout(self.shared.bounds.timeout, published).await;
        answered.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream::BoxStream};
    use redis::aio::ConnectionManager;
    use tokio::time::sleep;

    use super::*;
    use crate::{
        redis_channels::{self, Heard},
        redis_connection,
        session::redis::server_for_tests::{PATIENCE, RedisServer},
    };

    /// A publisher with this interval, what is heard on the channel `a`, and a connection to ask Redis by.
    async fn publisher(
        server: &RedisServer,
        interval: Duration,
    ) -> (Publisher, BoxStream<'static, Heard>, ConnectionManager) {
        let connected = redis_connection::connect(&server.url(), PATIENCE).await;
        let (client, connection) = connected.expect("a connection");
        let bounds = redis_channels::Bounds {
            timeout: PATIENCE,
            waiting_bytes: usize::MAX,
        };
        let channels = Channels::new(client, bounds);
        let heard = channels.hear();
        assert!(channels.subscribe("a").await);
        let bounds = Bounds {
            bytes: 10_000,
            lost_channels: 10,
            timeout: PATIENCE,
            interval,
        };
        let word = Word {
            payload: "lost".into(),
            to_all: "all".into(),
        };
        let (publisher, writing) = Publisher::new(channels, bounds, word);
        tokio::spawn(writing);
        (publisher, heard, connection)
    }

    async fn hear(heard: &mut BoxStream<'static, Heard>) -> String {
        let heard = timeout(PATIENCE, heard.next()).await.expect("something");
        let Some(Heard::Message { payload, .. }) = heard else {
            panic!("no message but {heard:?}");
        };
        String::from_utf8(payload).expect("text")
    }

    #[tokio::test]
    async fn where_there_is_little_to_publish_it_is_published_at_once() {
        let server = RedisServer::start().await;
        let (publisher, mut heard, _) = publisher(&server, Duration::from_hours(1)).await;
        publisher.publish("a".into(), "0".into());
        assert_eq!(hear(&mut heard).await, "0");
    }

    #[tokio::test]
    async fn what_comes_in_an_interval_is_published_together_and_in_its_order() {
        const INTERVAL: Duration = Duration::from_millis(300);
        const MANY: u32 = 30;
        let server = RedisServer::start().await;
        let (publisher, mut heard, mut connection) = publisher(&server, INTERVAL).await;
        let mut reads = async || -> u32 {
            let mut info = redis::cmd("INFO");
            let info = info.arg("stats").query_async(&mut connection).await;
            let info: String = info.expect("an answer");
            let reads = info.split("total_reads_processed:").nth(1);
            let reads = reads.and_then(|reads| reads.lines().next());
            reads.and_then(|reads| reads.parse().ok()).expect("a count")
        };
        let before = reads().await;
        let began = Instant::now();
        for number in 0..MANY {
            publisher.publish("a".into(), number.to_string());
            sleep(Duration::from_millis(2)).await;
        }
        publisher.flushed().await;
        let rounds = began.elapsed().as_millis() / INTERVAL.as_millis() + 2;
        // Redis has also read what asks for the count.
        let reads = reads().await - before - 1;
        assert!(u128::from(reads) <= rounds, "{reads} in {rounds} rounds");
        for number in 0..MANY {
            assert_eq!(hear(&mut heard).await, number.to_string());
        }
    }

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

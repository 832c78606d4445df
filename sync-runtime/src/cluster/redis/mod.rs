//! A cluster of nodes through one Redis.

mod census;
mod publisher;
mod pulse;

use std::{fmt, future::ready, sync::Arc, time::Duration};

use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream, Stream},
};
use redis::{Client, Cmd, FromRedisValue, aio::ConnectionManager};
use tokio::{runtime::Handle, sync::mpsc, time::timeout};
use uuid::Uuid;

pub(crate) use self::pulse::Beat;
use self::{
    publisher::{Publisher, Word},
    pulse::{Pulse, Settings, Tell},
};
use super::{Cluster, ClusterUnavailable, Said, Seen, Topic};
use crate::{
    Config,
    history::{Log, Place, RedisLog, Told},
    observe,
    redis_channels::{Bounds, Channels, Heard},
    redis_connection,
    repeats::{RedisRepeats, RedisRepeatsSettings},
};

/// How long Redis may take to answer, unless [`RedisCluster::timeout`] says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a node that goes may take for what it has still to say.
const PARTING: Duration = Duration::from_secs(1);

/// What makes several processes of an app one server, through Redis (6.2 or newer): members of a room
/// hear each other whatever node they are connected to.
///
/// ```no_run
/// use sync_runtime::{ClusterError, RedisCluster, SyncServerBuilder};
///
/// async fn cluster(server: SyncServerBuilder) -> Result<SyncServerBuilder, ClusterError> {
///     let cluster = RedisCluster::connect("redis://127.0.0.1:6379/").await?;
///     Ok(server.cluster(cluster.prefix("board:")))
/// }
/// ```
///
/// It belongs together with [`RedisSessions`](crate::RedisSessions), without which a user would be logged
/// in on one node only, and [`RedisRateLimits`](crate::RedisRateLimits).
#[doc = include_str!("guide.md")]
pub struct RedisCluster {
    client: Client,
    connection: ConnectionManager,
    runtime: Handle,
    prefix: String,
    timeout: Duration,
}

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
#[error("the Redis that is to join the nodes does not answer: {0}")]
pub struct ClusterError(Box<dyn std::error::Error + Send + Sync>);

impl RedisCluster {
    /// Connects to Redis at a URL, `redis://[user:password@]host[:port][/database]`. The cluster's tasks
    /// run on the runtime that this is called on.
    ///
    /// # Errors
    /// When the URL is none, or nothing answers there within two seconds.
    pub async fn connect(url: &str) -> Result<Self, ClusterError> {
        let connected = redis_connection::connect(url, DEFAULT_TIMEOUT).await;
        let (client, connection) = connected.map_err(|error| ClusterError(error.into()))?;
        Ok(Self {
            client,
            connection,
            runtime: Handle::current(),
            prefix: "sync:".into(),
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// Sets what all keys and channels begin with, `sync:` by default: apps of different prefixes share a
    /// Redis without noticing each other.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets how long a command may take, and so how long a join may wait for Redis. Two seconds by
    /// default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The answers to repeated requests, of all nodes.
    pub(crate) fn repeats(&self, config: &Config) -> RedisRepeats {
        let settings = RedisRepeatsSettings {
            prefix: self.prefix.clone(),
            timeout: self.timeout,
            lease: config.request_claim_lease,
            bounds: config.repeat_bounds(),
        };
        RedisRepeats::new(self.connection.clone(), self.runtime.clone(), settings)
    }

    /// Becomes a node of the cluster.
    pub(crate) fn join(self, config: &Config) -> Joined {
        let Self {
            client,
            connection,
            runtime,
            prefix,
            timeout,
        } = self;
        // No hyphens, and no space: what is said follows one.
        let id = Uuid::new_v4().simple().to_string();
        let bounds = Bounds {
            timeout,
            waiting_bytes: config.cluster_receive_bytes,
        };
        let channels = Channels::new(client, bounds);
        let publisher_bounds = publisher::Bounds {
            bytes: config.cluster_publish_bytes,
            lost_channels: config.cluster_lost_topics,
            timeout,
            interval: config.flush_interval,
        };
        let word = Word {
            payload: text(&id, &Said::Lost).unwrap_or_default(),
            to_all: Topic::Nodes.channel(&prefix),
        };
        let (publisher, writing) = Publisher::new(channels.clone(), publisher_bounds, word);
        runtime.spawn(writing);

        let pulse = Pulse::default();
        let settings = Settings {
            node: id.clone(),
            prefix: prefix.clone(),
            timeout,
            every: config.cluster_alive_every,
            dead_after: config.cluster_dead_after,
            expected: config.cluster_nodes,
        };
        let (died, deaths) = mpsc::unbounded_channel();
        // One that is not taken is followed by one that says as much.
        let (beat, beats) = mpsc::channel(1);
        let tell = Tell { died, beat };
        runtime.spawn(pulse.clone().beat(connection.clone(), settings, tell));

        let heard = {
            let _in_runtime = runtime.enter();
            channels.hear()
        };
        let place = Place {
            prefix: prefix.clone(),
            timeout,
            bytes_per_room: config.history_bytes_per_room,
        };
        let log = RedisLog::new(connection.clone(), runtime.clone(), place);
        let node = Node {
            id,
            connection,
            channels,
            publisher,
            pulse,
            prefix,
            timeout,
        };
        node.host(&Topic::Nodes);
        node.host(&Topic::Node(node.id.as_str().into()));
        let ears = Ears {
            notices: stream::select(
                node.notices(heard, log.told()),
                stream::select(received(deaths), taken(beats)),
            )
            .boxed(),
            runtime,
        };
        Joined {
            node: Arc::new(node),
            log: Box::new(log),
            ears,
        }
    }
}

impl fmt::Debug for RedisCluster {
    /// Without the URL, which can have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCluster")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A node of a cluster.
pub(crate) struct Joined {
    pub(crate) node: Arc<dyn Cluster>,
    pub(crate) log: Box<dyn Log>,
    pub(crate) ears: Ears,
}

/// What a node hears of the others.
#[derive(Debug)]
pub(crate) enum Notice {
    /// What a node said on a topic: the text of a [`Said`].
    Said {
        node: Box<str>,
        topic: Topic,
        text: String,
    },
    /// Anything may have been missed, of all others.
    Interrupted,
    /// Another node is gone, and with it what it had not said yet.
    NodeDied(Box<str>),
    /// The cluster answers, and says who lives.
    Beat(Beat),
}

/// How a server hears of the others, and where it is to do so.
pub(crate) struct Ears {
    pub(crate) notices: BoxStream<'static, Notice>,
    pub(crate) runtime: Handle,
}

/// This node, as a part of the cluster.
struct Node {
    id: String,
    connection: ConnectionManager,
    channels: Channels,
    publisher: Publisher,
    pulse: Pulse,
    prefix: String,
    timeout: Duration,
}

impl Node {
    /// What the others say; it hears itself as well. What was recorded is for the log.
    fn notices(
        &self,
        heard: BoxStream<'static, Heard>,
        log: Told,
    ) -> impl Stream<Item = Notice> + Send + 'static {
        let (own, prefix) = (format!("{} ", self.id), self.prefix.clone());
        heard.filter_map(move |heard| ready(notice(heard, &own, &prefix, &log)))
    }

    /// Asks Redis something, for as long as it may take.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, ClusterUnavailable> {
        let mut connection = self.connection.clone();
        let answered = timeout(self.timeout, command.query_async(&mut connection)).await;
        let Ok(answer) = answered else {
            return Err(ClusterUnavailable);
        };
        answer.map_err(|error| {
            tracing::warn!(%error, "the cluster does not answer");
            ClusterUnavailable
        })
    }
}

impl Cluster for Node {
    fn host(&self, topic: &Topic) {
        drop(self.channels.subscribe(&topic.channel(&self.prefix)));
    }

    fn give_up(&self, topic: &Topic) {
        self.channels.unsubscribe(&topic.channel(&self.prefix));
    }

    fn hosted(&self, topic: &Topic) -> BoxFuture<'static, ()> {
        let confirmed = self.channels.confirmed(&topic.channel(&self.prefix));
        confirmed.map(|_| ()).boxed()
    }

    fn say(&self, topic: &Topic, said: &Said<'_>) {
        if let Some(text) = text(&self.id, said) {
            self.publisher.publish(topic.channel(&self.prefix), text);
        }
    }

    fn tell<'a>(
        &'a self,
        topic: &'a Topic,
        said: &'a Said<'a>,
    ) -> BoxFuture<'a, Result<(), ClusterUnavailable>> {
        async move {
            let text = text(&self.id, said).ok_or(ClusterUnavailable)?;
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(topic.channel(&self.prefix)).arg(text);
            self.ask::<i64>(&publish).await.map(drop)
        }
        .boxed()
    }

    fn is_heard<'a>(&'a self, topic: &'a Topic) -> BoxFuture<'a, Result<bool, ClusterUnavailable>> {
        async move {
            if !self.answers() {
                return Err(ClusterUnavailable);
            }
            let mut count = redis::cmd("PUBSUB");
            count.arg("NUMSUB").arg(topic.channel(&self.prefix));
            let (_, nodes): (String, u64) = self.ask(&count).await?;
            Ok(nodes > 0)
        }
        .boxed()
    }

    fn has_others(&self) -> bool {
        true
    }

    fn answers(&self) -> bool {
        !self.pulse.is_lost() && !self.channels.are_away()
    }

    fn seen(&self) -> Option<Seen> {
        self.pulse.seen()
    }

    fn part(&self) -> BoxFuture<'_, ()> {
        async move {
            let last_words = async {
                self.publisher.flushed().await;
                self.pulse.stop();
                let mut forget = redis::cmd("ZREM");
                forget.arg(pulse::nodes_key(&self.prefix)).arg(&self.id);
                self.ask::<i64>(&forget).await
            };
            let said = timeout(PARTING, last_words).await;
            if !matches!(said, Ok(Ok(_))) {
                // It counts as dead in a while: then those who miss something are told.
                tracing::warn!("not all that was to be said to other nodes was said");
                self.pulse.stop();
            }
        }
        .boxed()
    }
}

/// What a node says, behind its name.
fn text(node: &str, said: &Said<'_>) -> Option<String> {
    match serde_json::to_string(said) {
        Ok(said) => Some(format!("{node} {said}")),
        Err(error) => {
            tracing::error!(%error, "what is for other nodes could not be written as JSON");
            None
        }
    }
}

/// What a node is to be told of what it has heard.
fn notice(heard: Heard, own: &str, prefix: &str, log: &Told) -> Option<Notice> {
    match heard {
        Heard::Interrupted => {
            observe::cluster_interrupted();
            log.interrupted();
            Some(Notice::Interrupted)
        }
        Heard::Message { payload, .. } if payload.starts_with(own.as_bytes()) => None,
        Heard::Message { channel, payload } => {
            observe::cluster_received();
            match Topic::of_channel(&channel, prefix)? {
                Topic::Room(room) if log.heard(&room, &payload) => None,
                topic => said(topic, payload),
            }
        }
    }
}

/// What another node said, without its name.
fn said(topic: Topic, payload: Vec<u8>) -> Option<Notice> {
    let text = String::from_utf8(payload).ok()?;
    let (node, said) = text.split_once(' ')?;
    Some(Notice::Said {
        node: node.into(),
        topic,
        text: said.to_owned(),
    })
}

fn received(
    deaths: mpsc::UnboundedReceiver<Notice>,
) -> impl Stream<Item = Notice> + Send + 'static {
    stream::unfold(deaths, async |mut deaths| {
        let died = deaths.recv().await?;
        Some((died, deaths))
    })
}

fn taken(beats: mpsc::Receiver<Beat>) -> impl Stream<Item = Notice> + Send + 'static {
    stream::unfold(beats, async |mut beats| {
        let beat = beats.recv().await?;
        Some((Notice::Beat(beat), beats))
    })
}

//! The settings of a server, in one place with their defaults.

mod check;
mod error;
mod form;
mod load;

use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use self::error::ConfigError;
use crate::{
    Rate, connection::QueueBounds, history::MemoryBounds, locale, packet::Amount,
    presence::PresenceBounds, repeats,
};

/// The settings of a [`SyncServer`](crate::SyncServer). Every one has a default; change what you
/// need, in code or, with [`Config::load`], in a file and by environment variables:
///
/// ```
/// use std::time::Duration;
/// use sync_runtime::Config;
///
/// let config = Config {
///     handler_timeout: Duration::from_secs(5),
///     ..Config::default()
/// };
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whether an answer to an input that does not fit says which field and why. On in debug builds
    /// only: the reason can show parts of the server's types.
    pub explain_invalid_input: bool,

    /// How long a server file's function may run before its request is answered with
    /// `sync.requestTimeout` and the function is stopped, and likewise how long its predicates may take. 30 seconds,
    /// which is also how long the client package waits.
    #[serde(with = "form::duration")]
    pub handler_timeout: Duration,

    /// How long a hook may take before it counts as failed. 5 seconds.
    #[serde(with = "form::duration")]
    pub hook_timeout: Duration,

    /// How many requests of one connection may wait or run, in all its rooms together. Further ones
    /// are answered with `sync.rateLimitExceeded`. 1,024.
    pub max_requests_per_connection: usize,

    /// How many bytes the requests of one connection may hold that wait or run, in all its rooms
    /// together. Further ones are refused in the same way; a single larger one is not. 8 MiB.
    pub max_request_bytes_per_connection: usize,

    /// How many of a fan-out's recipients may be in their `_client` function at the same time. 64:
    /// enough to overlap its waits, little enough not to flood a database.
    pub max_concurrent_recipients: usize,

    /// How many publications ([`Publisher::publish`](crate::Publisher::publish)) may be under way at the
    /// same time; further ones wait. 256.
    pub max_concurrent_publications: usize,

    /// How long a `_client` function may take for one recipient, with what it streams. Over it the
    /// function is stopped and this recipient gets `sync.clientExecutionFailed` in place of its
    /// delivery; without a limit, one that hangs would hold up all that a room with history is to hear
    /// after it. 10 seconds.
    #[serde(with = "form::duration")]
    pub recipient_timeout: Duration,

    /// How many bytes may wait for a connection before a handler that sends a stream and asks
    /// ([`FlushPressure::wait`](crate::FlushPressure::wait)) is made to wait. 5 MiB.
    pub flush_pressure_bytes: usize,

    /// How many bytes of a running stream are kept on a route with `replay`, for those who join in the
    /// middle. Of a longer one they get no beginning. 1 MiB.
    pub max_replay_bytes: usize,

    /// How many payloads of one request may wait for the hooks of streams. They are not told of
    /// further ones. 1,024.
    pub max_waiting_stream_hooks: usize,

    /// The largest packet that is accepted, in bytes. 1 MiB, as of Socket.IO's own server.
    pub max_payload_bytes: usize,

    /// How many packets may wait for a connection's network. A connection for which more would wait
    /// cannot keep up: it is told so with `sync-lagged` and closed, and its client comes back. 16,384: with
    /// the 128 of the layer below, packets were lost with no slow reader at all, and with 4,096 some of 2,000
    /// were closed that read 4,000 packets a second each, because their network took nothing for 0.3 seconds.
    /// Each holds some 100 bytes beside its own.
    pub send_buffer_packets: usize,

    /// How many bytes may wait for a connection's network, before it is closed in the same way; a
    /// single larger packet is sent all the same. What the kernel has taken does not count: that
    /// is up to some megabytes more. 8 MiB.
    pub max_unsent_bytes: usize,

    /// How long nothing of what waits for a connection's network may move, before it is closed in the
    /// same way. A client that reads its events over HTTP has as long, or twice that. 10 seconds.
    #[serde(with = "form::duration")]
    pub stall_timeout: Duration,

    /// How long it is at least from one round of writes to web sockets to the next. Deliveries, streams and presence
    /// go out in rounds: the first at once, and each further one at least this long after the one before began, and
    /// after a rest as long as that took, of 20 times this at the most. What is sent in between shares its write, which is
    /// most of what a delivery costs. An answer is written at once, with all that waits for the same client. What is said
    /// to other nodes goes to Redis in rounds of this interval likewise.
    ///
    /// 1 millisecond, which is what timers can do. At most 100 milliseconds; zero writes as soon as it can.
    #[serde(with = "form::duration")]
    pub flush_interval: Duration,

    /// How often all that comes from one address (of IPv6: one /64 network) may ask, over all routes.
    /// `30000/min`, or `off`: far more than people do, and an end to a script that has gone wild. Addresses are
    /// known only if axum notes them: serve
    /// `app.into_make_service_with_connect_info::<SocketAddr>()`.
    ///
    /// Behind a proxy, name it in [`trusted_proxies`](Self::trusted_proxies): without that, all who come
    /// through it count as one.
    #[serde(with = "form::rate")]
    pub address_rate_limit: Option<Rate>,

    /// How often a user, or an address where nobody is logged in, may use a route that says nothing
    /// of its own with `rate_limit`. No limit.
    #[serde(with = "form::rate")]
    pub route_rate_limit: Option<Rate>,

    /// The networks of the proxies in front of the server, such as `10.0.0.0/8`: their
    /// `X-Forwarded-For` is believed. None.
    #[serde(deserialize_with = "form::networks::deserialize")]
    pub trusted_proxies: Vec<IpNet>,

    /// The origins, such as `https://app.example`, whose pages may use this server besides its own.
    /// None.
    #[serde(deserialize_with = "form::list::deserialize")]
    pub allowed_origins: Vec<String>,

    /// The language of those of whom no other is known, a tag such as `nl` or `nl-BE`. English, `en`.
    /// See [`Locale`](crate::Locale).
    pub default_language: String,

    /// How many of a room's last entries are kept for routes with `history` that do not say themselves
    /// with `history(count = ...)`. 1,000.
    pub history_count: usize,

    /// For how long they are kept, where a route does not say with `history(age = ...)`. 1 hour.
    #[serde(with = "form::duration")]
    pub history_age: Duration,

    /// How many bytes of entries are kept of one room, whatever its routes say. 4 MiB.
    pub history_bytes_per_room: usize,

    /// How many bytes of entries are kept in all rooms together; the rooms that were used longest ago
    /// are forgotten first. 256 MiB.
    pub history_bytes: usize,

    /// Of how many rooms entries are kept; the rooms that were used longest ago are forgotten first.
    /// 10,000.
    pub history_rooms: usize,

    /// How long a client that has come back may take to resume its rooms, if it says nothing else.
    /// Then it is sent what was recorded since it came. 1 second.
    #[serde(with = "form::duration")]
    pub history_grace: Duration,

    /// How many clients that have come back may be read what they missed at the same time. 64: as many
    /// as `_client` functions of one fan-out.
    pub history_readers: usize,

    /// For how long the answer to a request with a `requestId` is remembered, so that a repeat of it
    /// gets that answer and does not run. 5 minutes: longer than the client package tries again.
    #[serde(with = "form::duration")]
    pub request_id_window: Duration,

    /// In a cluster, how long a request still counts as running after the last word of the node that
    /// runs it: a repeat elsewhere waits that long for a node that has died. 20 seconds: with words every
    /// 5, Redis can be away for 15 without a request running twice.
    #[serde(with = "form::duration")]
    pub request_claim_lease: Duration,

    /// How many such answers are remembered at most; the oldest are forgotten first. 100,000.
    pub max_remembered_answers: usize,

    /// How many bytes such answers have together at most, with some 500 for each itself; the oldest are
    /// forgotten first. 64 MiB. Redis has its own bound, `maxmemory`: there a request takes its output
    /// and some 200 bytes for `request_id_window`.
    pub max_remembered_bytes: usize,

    /// How many bytes of what is for other nodes may wait for the cluster's Redis. Further deliveries do
    /// not reach the members of other nodes, who are told so with `sync-gap`. 64 MiB.
    pub cluster_publish_bytes: usize,

    /// How many bytes of what other nodes say may wait or be in delivery here, and as many again may wait
    /// behind them. What is beyond is missed, and members are told so with `sync-gap`. 64 MiB.
    pub cluster_receive_bytes: usize,

    /// Of how many rooms, users and sessions it is remembered that something for them was lost on the way
    /// to other nodes. Beyond them all members of all rooms are told. 1,000.
    pub cluster_lost_topics: usize,

    /// How many nodes of a cluster there are at the least. A node that sees fewer for longer than six times
    /// `cluster_dead_after` logs an error: they may be on different Redis. 1, which tells of nothing.
    pub cluster_nodes: usize,

    /// How often a node of a cluster says that it lives. 1 second.
    #[serde(with = "form::duration")]
    pub cluster_alive_every: Duration,

    /// How long a node of a cluster may say nothing before the others count it as dead, and tell their
    /// members that something may be missing, and after `presence_grace` that its users are no longer
    /// present. The same on all nodes, and some times `cluster_alive_every`. 5 seconds.
    #[serde(with = "form::duration")]
    pub cluster_dead_after: Duration,

    /// How long somebody whose connection was lost, or whose node of a cluster has gone, is still shown as
    /// present in a room. 5 seconds: a page that is loaded anew is back by then.
    #[serde(with = "form::duration")]
    pub presence_grace: Duration,

    /// Of a room with more users than this nobody new is told who is in it, and a node with more of them
    /// makes no list of them for others. The same on all nodes. 1,000: that is a list of some hundred
    /// kilobytes for each.
    pub presence_users: usize,

    /// How often a connection is asked whether it is still there. 25 seconds, as of Socket.IO.
    #[serde(with = "form::duration")]
    pub ping_interval: Duration,

    /// How long it may take to answer that. 20 seconds, as of Socket.IO.
    #[serde(with = "form::duration")]
    pub ping_timeout: Duration,

    /// How long a new connection may take from its first byte to its Socket.IO handshake, and the body of a
    /// request over HTTP to come; over it that is answered with `sync.requestTimeout`, and a polling client's
    /// with the status 408. 45 seconds, as of Socket.IO.
    #[serde(with = "form::duration")]
    pub connect_timeout: Duration,

    /// How long [`SyncServer::shutdown`](crate::SyncServer::shutdown) lets requests finish before it
    /// cuts them off. 8 seconds: Docker kills a container after 10.
    #[serde(with = "form::duration")]
    pub shutdown_deadline: Duration,

    /// Over what time a shutdown closes its connections, at the most, so that their clients do not all
    /// come back at once. 5 seconds; up to 32 are closed at once however long it is.
    #[serde(with = "form::duration")]
    pub shutdown_spread: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            explain_invalid_input: cfg!(debug_assertions),
            handler_timeout: Duration::from_secs(30),
            hook_timeout: Duration::from_secs(5),
            max_requests_per_connection: 1024,
            max_request_bytes_per_connection: 8 * 1024 * 1024,
            max_concurrent_recipients: 64,
            max_concurrent_publications: 256,
            recipient_timeout: Duration::from_secs(10),
            flush_pressure_bytes: 5 * 1024 * 1024,
            max_replay_bytes: 1024 * 1024,
            max_waiting_stream_hooks: 1024,
            max_payload_bytes: 1024 * 1024,
            send_buffer_packets: 16_384,
            max_unsent_bytes: 8 * 1024 * 1024,
            stall_timeout: Duration::from_secs(10),
            flush_interval: Duration::from_millis(1),
            address_rate_limit: Rate::new(30_000, Duration::from_mins(1)),
            route_rate_limit: None,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            default_language: locale::SOURCE_LANGUAGE.into(),
            history_count: 1000,
            history_age: Duration::from_hours(1),
            history_bytes_per_room: 4 * 1024 * 1024,
            history_bytes: 256 * 1024 * 1024,
            history_rooms: 10_000,
            history_grace: Duration::from_secs(1),
            history_readers: 64,
            request_id_window: Duration::from_mins(5),
            request_claim_lease: Duration::from_secs(20),
            max_remembered_answers: 100_000,
            max_remembered_bytes: 64 * 1024 * 1024,
            cluster_publish_bytes: 64 * 1024 * 1024,
            cluster_receive_bytes: 64 * 1024 * 1024,
            cluster_lost_topics: 1000,
            cluster_nodes: 1,
            cluster_alive_every: Duration::from_secs(1),
            cluster_dead_after: Duration::from_secs(5),
            presence_grace: Duration::from_secs(5),
            presence_users: 1_000,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(45),
            shutdown_deadline: Duration::from_secs(8),
            shutdown_spread: Duration::from_secs(5),
        }
    }
}

impl Config {
    /// How much of one connection may wait or run.
    pub(crate) fn queue_bounds(&self) -> QueueBounds {
        QueueBounds {
            requests: self.max_requests_per_connection,
            bytes: self.max_request_bytes_per_connection,
        }
    }

    /// How much may wait for the network of one connection.
    pub(crate) fn unsent_bounds(&self) -> Amount {
        Amount {
            packets: self.send_buffer_packets,
            bytes: self.max_unsent_bytes,
        }
    }

    /// How much memory the logs of rooms may take.
    pub(crate) fn history_bounds(&self) -> MemoryBounds {
        MemoryBounds {
            rooms: self.history_rooms,
            bytes_per_room: self.history_bytes_per_room,
            bytes: self.history_bytes,
        }
    }

    /// How presence in rooms is told.
    pub(crate) fn presence_bounds(&self) -> PresenceBounds {
        PresenceBounds {
            grace: self.presence_grace,
            users: self.presence_users,
            alive_every: self.cluster_alive_every,
            dead_after: self.cluster_dead_after,
        }
    }

    /// How much is remembered of requests that may be repeated.
    pub(crate) fn repeat_bounds(&self) -> repeats::MemoryBounds {
        repeats::MemoryBounds {
            window: self.request_id_window,
            answers: self.max_remembered_answers,
            bytes: self.max_remembered_bytes,
        }
    }
}

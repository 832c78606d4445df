//! What the nodes of an app say to each other: alone on one node nothing, or through Redis.

mod alone;
#[cfg(feature = "redis")]
mod redis;
mod said;

use futures_util::future::BoxFuture;

#[cfg(feature = "redis")]
pub use self::redis::{ClusterError, RedisCluster};
pub(crate) use self::{
    alone::Alone,
    said::{
        Said, SaidDelivery, SaidFrame, SaidFrom, SaidMark, SaidPresence, SaidStreamOver, SaidUser,
    },
};
#[cfg(feature = "redis")]
pub(crate) use self::{
    redis::{Beat, Ears, Notice},
    said::SaidStream,
};
use crate::{Failure, error::Refusal, room::RoomCode, session::SessionKey};

/// Whom something said is for: the nodes that have such members or connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Those with members of a room.
    Room(RoomCode),
    /// Those with connections of a user.
    User(Box<str>),
    /// Those with connections of a session.
    Session(SessionKey),
    /// One of them.
    #[cfg_attr(
        not(any(feature = "redis", test)),
        expect(dead_code, reason = "only Redis has several")
    )]
    Node(Box<str>),
    /// All.
    #[cfg_attr(
        not(any(feature = "redis", test)),
        expect(dead_code, reason = "only Redis has several")
    )]
    Nodes,
}

/// The other nodes.
pub(crate) trait Cluster: Send + Sync {
    /// Begins to hear what is said on a topic. To be called again does nothing.
    fn host(&self, topic: &Topic);

    /// Hears no more of a topic.
    fn give_up(&self, topic: &Topic);

    /// Done when what is said from then on is heard, or when that has to wait for the cluster to come
    /// back: an interruption is heard of then.
    fn hosted(&self, topic: &Topic) -> BoxFuture<'static, ()>;

    /// Says something to the other nodes, without waiting. What cannot be said is counted, and those
    /// whom it was for are told so later.
    fn say(&self, topic: &Topic, said: &Said<'_>);

    /// As [`say`](Self::say), and waits until it is said.
    fn tell<'a>(
        &'a self,
        topic: &'a Topic,
        said: &'a Said<'a>,
    ) -> BoxFuture<'a, Result<(), ClusterUnavailable>>;

    /// Whether another node hears what is said on a topic.
    fn is_heard<'a>(&'a self, topic: &'a Topic) -> BoxFuture<'a, Result<bool, ClusterUnavailable>>;

    /// Whether there can be others at all.
    fn has_others(&self) -> bool;

    /// Whether the cluster answered when it was last asked.
    fn answers(&self) -> bool;

    /// What is seen of the cluster, as far as there is one that answers.
    fn seen(&self) -> Option<Seen>;

    /// Says all that waits to be said, and that this node goes in good order.
    fn part(&self) -> BoxFuture<'_, ()>;
}

/// What a node sees of its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The id of the data that the nodes share: two that have different ones do not hear each other.
    pub(crate) cluster: String,
    /// How many nodes live, this one among them.
    pub(crate) nodes: usize,
}

/// The cluster does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cluster does not answer")]
pub(crate) struct ClusterUnavailable;

impl From<ClusterUnavailable> for Failure {
    fn from(ClusterUnavailable: ClusterUnavailable) -> Self {
        Refusal::ClusterUnavailable.into()
    }
}

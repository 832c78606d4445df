//! Where sessions are kept: one trait for memory and Redis.

use std::{sync::Arc, time::Duration};

use futures_util::{
    future::BoxFuture,
    stream::{self, BoxStream, StreamExt},
};

use super::{EndNotice, EndReason, SessionKey};
use crate::room::RoomCode;

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionLife {
    /// From its last use.
    pub idle: Duration,
    /// From its beginning, however much it is used.
    pub max: Option<Duration>,
}

/// A session about to be kept.
#[derive(Debug)]
#[non_exhaustive]
pub struct NewSession<U> {
    /// What it is kept under.
    pub key: SessionKey,
    /// Whom it belongs to.
    pub user: U,
    /// How long it lives.
    pub life: SessionLife,
    /// Whether it ends all other sessions of its user.
    pub only: bool,
}

/// What a store knows of a session.
#[derive(Debug)]
pub struct SessionRecord<U> {
    /// Whom the session belongs to.
    pub user: Arc<U>,
    /// The rooms it has joined, the oldest first.
    pub rooms: Arc<[RoomCode]>,
    /// How long it lives if it is not used again.
    pub left: Duration,
    /// How long it lives at most, if there is such a limit.
    pub left_at_most: Option<Duration>,
}

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
#[error("the session store does not answer: {0}")]
pub struct SessionStoreError(pub Box<dyn std::error::Error + Send + Sync>);

/// What a store answers, sooner or later.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, SessionStoreError>>;

/// Where sessions are kept. [`MemorySessions`](super::MemorySessions) keeps them in the process,
/// `RedisSessions` (feature `redis`) in Redis for several processes.
///
/// Every change is atomic: two connections of one session may join rooms at the same time. A session
/// that is over is not there, whatever it ended by.
///
/// A store that cannot answer says so, within a time that a person would wait, and nobody is taken
/// for logged in or out because of it: a connection is refused, a request is answered with
/// `sync.serverExecutionFailed`.
pub trait SessionStore<U>: Send + Sync + 'static {
    /// The session of a key, or `None` when there is none. Its user stays the one that it was opened for: it
    /// is asked for each request, and not again for what a connection that is there receives.
    fn find<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<SessionRecord<U>>>;

    /// Adds a session, and gives back those that ended because of it: the user's others if it is to
    /// be the only one, and any that had to make room.
    fn insert(&self, session: NewSession<U>) -> StoreFuture<'_, Vec<SessionKey>>;

    /// Lets a session live for `idle` from now, but not past its longest life. One that is over
    /// stays over.
    fn refresh<'a>(&'a self, key: &'a SessionKey, idle: Duration) -> StoreFuture<'a, ()>;

    /// Ends a session; `false` when there is none. Other processes hear the reason.
    fn remove<'a>(&'a self, key: &'a SessionKey, reason: EndReason) -> StoreFuture<'a, bool>;

    /// Ends all sessions of a user, and gives back which these were. Other processes hear the
    /// reason.
    fn remove_user<'a>(
        &'a self,
        user_id: &'a str,
        reason: EndReason,
    ) -> StoreFuture<'a, Vec<SessionKey>>;

    /// The sessions of a user, in no particular order.
    fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>>;

    /// Remembers that the session joined a room, and gives back the rooms it left to stay within
    /// `max`, the oldest first; `None` when there is no such session.
    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>>;

    /// Remembers that the session left a room; `false` when there is no such session.
    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool>;

    /// The ends of sessions that other processes brought about. A store that has no part in other
    /// processes leaves it as it is.
    ///
    /// Ends of this process's own may come as well. Ends by age need not: whoever serves a
    /// session's connections asks for it when its time is up.
    fn notices(&self) -> BoxStream<'static, EndNotice> {
        stream::empty().boxed()
    }
}

//! Sessions in memory, and something that happens when they are asked for.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sync_runtime::{
    EndNotice, EndReason, MemorySessions, NewSession, RoomCode, SessionKey, SessionRecord,
    SessionStore, StoreFuture,
};

use crate::app::User;

type Happens = Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// A store of which a test says what happens before each question, and after a session has been read.
pub struct Eventful {
    kept: MemorySessions<User>,
    before: Happens,
    after_find: Happens,
    /// How many more who listen for ends do so in vain.
    fatal_listenings: AtomicUsize,
}

impl Eventful {
    fn new() -> Self {
        Self {
            kept: MemorySessions::default(),
            before: Box::new(|| Box::pin(async {})),
            after_find: Box::new(|| Box::pin(async {})),
            fatal_listenings: AtomicUsize::new(0),
        }
    }

    pub fn before(before: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self {
            before: Box::new(before),
            ..Self::new()
        }
    }

    pub fn after_find(after: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self {
            after_find: Box::new(after),
            ..Self::new()
        }
    }

    /// Panics for the first who hears, and for the second who asks to.
    pub fn panicking_twice() -> Self {
        Self {
            fatal_listenings: AtomicUsize::new(2),
            ..Self::new()
        }
    }

    fn then<'a, T: Send + 'a>(&'a self, asked: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            (self.before)().await;
            asked.await
        })
    }
}

impl SessionStore<User> for Eventful {
    fn find<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<SessionRecord<User>>> {
        Box::pin(async move {
            (self.before)().await;
            let found = self.kept.find(key).await;
            (self.after_find)().await;
            found
        })
    }

    fn insert(&self, session: NewSession<User>) -> StoreFuture<'_, Vec<SessionKey>> {
        self.then(self.kept.insert(session))
    }

    fn refresh<'a>(&'a self, key: &'a SessionKey, idle: Duration) -> StoreFuture<'a, ()> {
        self.then(self.kept.refresh(key, idle))
    }

    fn remove<'a>(&'a self, key: &'a SessionKey, reason: EndReason) -> StoreFuture<'a, bool> {
        self.then(self.kept.remove(key, reason))
    }

    fn remove_user<'a>(
        &'a self,
        user_id: &'a str,
        reason: EndReason,
    ) -> StoreFuture<'a, Vec<SessionKey>> {
        self.then(self.kept.remove_user(user_id, reason))
    }

    fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>> {
        self.then(self.kept.of_user(user_id))
    }

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>> {
        self.then(self.kept.join(key, room, max))
    }

    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool> {
        self.then(self.kept.leave(key, room))
    }

    fn notices(&self) -> BoxStream<'static, EndNotice> {
        let less = |left: usize| left.checked_sub(1);
        let left = self
            .fatal_listenings
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .unwrap_or(0);
        assert_ne!(left, 1, "a store that panics");
        let heard = stream::once(async move { assert_ne!(left, 2, "a store that panics") });
        let nothing = heard.filter_map(|()| async { None });
        nothing.chain(self.kept.notices()).boxed()
    }
}

//! Sessions in the process's own memory.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::future::{FutureExt, ready};
use parking_lot::RwLock;
use tokio::time::Instant;

use super::{
    EndReason, NewSession, SessionKey, SessionRecord, SessionStore,
    store::{SessionStoreError, StoreFuture},
};
use crate::{SessionUser, room::RoomCode};

/// Sessions in the process's own memory: nothing to set up, and gone when the process ends.
#[derive(Debug)]
pub struct MemorySessions<U> {
    max: usize,
    table: RwLock<Table<U>>,
}

impl<U> Default for MemorySessions<U> {
    /// At most 100,000 sessions.
    fn default() -> Self {
        Self {
            max: 100_000,
            table: RwLock::default(),
        }
    }
}

impl<U> MemorySessions<U> {
    /// Sets how many sessions there may be, 100,000 by default and at least one. Past it, the one
    /// ends that would have ended first.
    #[must_use]
    pub fn max(mut self, max: usize) -> Self {
        self.max = max.max(1);
        self
    }
}

/// When a session ends, and a number that tells it from others that end at the same moment.
type End = (Instant, u64);

#[derive(Debug)]
struct Table<U> {
    kept: HashMap<SessionKey, Kept<U>>,
    by_user: HashMap<Box<str>, HashSet<SessionKey>>,
    by_end: BTreeMap<End, SessionKey>,
    next_number: u64,
}

#[derive(Debug)]
struct Kept<U> {
    user: Arc<U>,
    rooms: Arc<[RoomCode]>,
    end: End,
    /// When it ends however much it is used.
    last_end: Option<Instant>,
}

impl<U> Default for Table<U> {
    fn default() -> Self {
        Self {
            kept: HashMap::new(),
            by_user: HashMap::new(),
            by_end: BTreeMap::new(),
            next_number: 0,
        }
    }
}

impl<U> Kept<U> {
    fn lives(&self) -> bool {
        Instant::now() < self.end.0
    }

    fn record(&self) -> SessionRecord<U> {
        let now = Instant::now();
        SessionRecord {
            user: self.user.clone(),
            rooms: self.rooms.clone(),
            left: self.end.0 - now,
            left_at_most: self.last_end.map(|end| end - now),
        }
    }

    fn join(&mut self, room: RoomCode, max: usize) -> Vec<RoomCode> {
        if self.rooms.contains(&room) {
            return Vec::new();
        }
        let mut rooms = self.rooms.to_vec();
        rooms.push(room);
        let surplus = rooms.len().saturating_sub(max.max(1));
        let left = rooms.drain(..surplus).collect();
        self.rooms = rooms.into();
        left
    }

    fn leave(&mut self, room: &RoomCode) {
        let stays = |joined: &&RoomCode| *joined != room;
        self.rooms = self.rooms.iter().filter(stays).cloned().collect();
    }
}

impl<U: SessionUser> Table<U> {
    fn live(&self, key: &SessionKey) -> Option<&Kept<U>> {
        self.kept.get(key).filter(|kept| kept.lives())
    }

    fn live_mut(&mut self, key: &SessionKey) -> Option<&mut Kept<U>> {
        self.kept.get_mut(key).filter(|kept| kept.lives())
    }

    /// The place in the order of ends for a life of `idle` from now.
    fn end_after(&mut self, idle: Duration, last: Option<Instant>) -> End {
        let end = Instant::now() + idle;
        self.next_number += 1;
        (last.map_or(end, |last| end.min(last)), self.next_number)
    }

    fn insert(&mut self, session: NewSession<U>) {
        let NewSession {
            key, user, life, ..
        } = session;
        let last_end = life.max.map(|max| Instant::now() + max);
        let end = self.end_after(life.idle, last_end);
        self.by_end.insert(end, key.clone());
        let of_user = self.by_user.entry(user.user_id().into()).or_default();
        of_user.insert(key.clone());
        let kept = Kept {
            user: Arc::new(user),
            rooms: Arc::default(),
            end,
            last_end,
        };
        self.kept.insert(key, kept);
    }

    fn refresh(&mut self, key: &SessionKey, idle: Duration) {
        let Some((before, last)) = self.live(key).map(|kept| (kept.end, kept.last_end)) else {
            return;
        };
        let end = self.end_after(idle, last);
        self.by_end.remove(&before);
        self.by_end.insert(end, key.clone());
        if let Some(kept) = self.kept.get_mut(key) {
            kept.end = end;
        }
    }

    /// Takes a session out; `false` when it was over anyway.
    fn remove(&mut self, key: &SessionKey) -> bool {
        let Some(kept) = self.kept.remove(key) else {
            return false;
        };
        self.by_end.remove(&kept.end);
        let user_id = kept.user.user_id();
        if let Some(of_user) = self.by_user.get_mut(user_id) {
            of_user.remove(key);
            if of_user.is_empty() {
                self.by_user.remove(user_id);
            }
        }
        kept.lives()
    }

    fn of_user(&self, user_id: &str) -> Vec<SessionKey> {
        let keys = self.by_user.get(user_id).into_iter().flatten();
        keys.filter(|key| self.live(key).is_some())
            .cloned()
            .collect()
    }

    fn remove_user(&mut self, user_id: &str) -> Vec<SessionKey> {
        let mut ended = self.of_user(user_id);
        ended.retain(|key| self.remove(key));
        ended
    }

    /// Makes room: takes out what is over, and what is beyond `max`, which it gives back.
    fn sweep(&mut self, max: usize) -> Vec<SessionKey> {
        let now = Instant::now();
        let mut ended = Vec::new();
        while let Some((&(end, _), key)) = self.by_end.first_key_value() {
            if now < end && self.by_end.len() <= max {
                break;
            }
            let key = key.clone();
            if self.remove(&key) {
                ended.push(key);
            }
        }
        ended
    }
}

fn done<'a, T: Send + 'a>(value: T) -> StoreFuture<'a, T> {
    ready(Ok::<_, SessionStoreError>(value)).boxed()
}

impl<U: SessionUser> SessionStore<U> for MemorySessions<U> {
    fn find<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<SessionRecord<U>>> {
        done(self.table.read().live(key).map(Kept::record))
    }

    fn insert(&self, session: NewSession<U>) -> StoreFuture<'_, Vec<SessionKey>> {
        let mut table = self.table.write();
        let mut ended = Vec::new();
        if session.only {
            ended = table.remove_user(session.user.user_id());
        }
        table.insert(session);
        ended.extend(table.sweep(self.max));
        done(ended)
    }

    fn refresh<'a>(&'a self, key: &'a SessionKey, idle: Duration) -> StoreFuture<'a, ()> {
        self.table.write().refresh(key, idle);
        done(())
    }

    fn remove<'a>(&'a self, key: &'a SessionKey, _: EndReason) -> StoreFuture<'a, bool> {
        done(self.table.write().remove(key))
    }

    fn remove_user<'a>(
        &'a self,
        user_id: &'a str,
        _: EndReason,
    ) -> StoreFuture<'a, Vec<SessionKey>> {
        done(self.table.write().remove_user(user_id))
    }

    fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>> {
        done(self.table.read().of_user(user_id))
    }

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>> {
        let mut table = self.table.write();
        done(table.live_mut(key).map(|kept| kept.join(room, max)))
    }

    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool> {
        let mut table = self.table.write();
        done(table.live_mut(key).map(|kept| kept.leave(room)).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::conformance::{self, key, new, user},
        *,
    };

    conformance::store_tests!(
        async { (MemorySessions::default(), ()) },
        start_paused = true
    );

    #[tokio::test(start_paused = true)]
    async fn the_session_that_would_end_first_gives_way_when_there_are_too_many()
    -> Result<(), SessionStoreError> {
        let store = MemorySessions::default().max(2);
        store.insert(new("a", "ada")).await?;
        store.insert(new("b", "bob")).await?;
        tokio::time::advance(Duration::from_secs(1)).await;
        store.refresh(&key("a"), Duration::from_mins(1)).await?;

        assert_eq!(store.insert(new("c", "cleo")).await?, [key("b")]);
        assert!(store.find(&key("a")).await?.is_some());
        assert!(store.find(&key("c")).await?.is_some());
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_that_are_over_leave_nothing_behind() -> Result<(), SessionStoreError> {
        let store = MemorySessions::default();
        for number in 0..10 {
            let name = number.to_string();
            store.insert(new(&name, "ada")).await?;
            store.refresh(&key(&name), Duration::from_mins(2)).await?;
        }
        store.remove(&key("0"), EndReason::LoggedOut).await?;
        tokio::time::advance(Duration::from_mins(2)).await;
        store.insert(new("last", "bob")).await?;

        let table = store.table.read();
        assert_eq!(table.kept.len(), 1);
        assert_eq!(table.by_end.len(), 1);
        assert_eq!(table.by_user.len(), 1);
        assert_eq!(table.of_user(&user("bob").id), [key("last")]);
        Ok(())
    }
}

//! Sessions in the process's own memory.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt, ready};
use parking_lot::RwLock;
use tokio::time::Instant;

use super::{SessionKey, SessionRecord, SessionStore, SessionStoreError};
use crate::room::RoomCode;

/// Sessions in the process's own memory: nothing to set up, and gone when the process ends.
#[derive(Debug)]
pub struct MemorySessions<U> {
    life: Duration,
    max: usize,
    table: RwLock<Table<U>>,
}

#[derive(Debug)]
struct Table<U> {
    records: HashMap<SessionKey, (Instant, SessionRecord<U>)>,
    /// Every session ever added that has not been swept yet, the oldest first. All live equally
    /// long, so this is also the order in which they end.
    by_age: VecDeque<(Instant, SessionKey)>,
}

impl<U> Default for MemorySessions<U> {
    /// At most 100,000 sessions, each for 30 days.
    fn default() -> Self {
        Self {
            life: Duration::from_hours(30 * 24),
            max: 100_000,
            table: RwLock::new(Table {
                records: HashMap::new(),
                by_age: VecDeque::new(),
            }),
        }
    }
}

impl<U> MemorySessions<U> {
    /// Sets how long a session lasts after it was opened, 30 days by default.
    #[must_use]
    pub fn life(mut self, life: Duration) -> Self {
        self.life = life;
        self
    }

    /// Sets how many sessions there may be, 100,000 by default and at least one. Past it the oldest
    /// ends.
    #[must_use]
    pub fn max(mut self, max: usize) -> Self {
        self.max = max.max(1);
        self
    }
}

impl<U> Table<U> {
    fn live(&mut self, key: &SessionKey) -> Option<&mut SessionRecord<U>> {
        let (end, record) = self.records.get_mut(key)?;
        (Instant::now() < *end).then_some(record)
    }

    fn sweep(&mut self, max: usize) {
        let now = Instant::now();
        while let Some((end, key)) = self.by_age.front() {
            if now < *end && self.by_age.len() <= max {
                break;
            }
            self.records.remove(key);
            self.by_age.pop_front();
        }
    }
}

impl<U: Send + Sync + 'static> SessionStore<U> for MemorySessions<U> {
    fn find<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<SessionRecord<U>>, SessionStoreError>> {
        let table = self.table.read();
        let found = table.records.get(key);
        let live = found.filter(|(end, _)| Instant::now() < *end);
        ready(Ok(live.map(|(_, record)| record.clone()))).boxed()
    }

    fn insert(
        &self,
        key: SessionKey,
        record: SessionRecord<U>,
    ) -> BoxFuture<'_, Result<(), SessionStoreError>> {
        let mut table = self.table.write();
        let end = Instant::now() + self.life;
        table.records.insert(key.clone(), (end, record));
        table.by_age.push_back((end, key));
        table.sweep(self.max);
        ready(Ok(())).boxed()
    }

    fn remove<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<(), SessionStoreError>> {
        self.table.write().records.remove(key);
        ready(Ok(())).boxed()
    }

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> BoxFuture<'a, Result<Option<Vec<RoomCode>>, SessionStoreError>> {
        let mut table = self.table.write();
        let left = table.live(key).map(|record| record.join(room, max));
        ready(Ok(left)).boxed()
    }

    fn leave<'a>(
        &'a self,
        key: &'a SessionKey,
        room: &'a RoomCode,
    ) -> BoxFuture<'a, Result<bool, SessionStoreError>> {
        let mut table = self.table.write();
        let left = table.live(key).map(|record| record.leave(room));
        ready(Ok(left.is_some())).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Token, *};

    fn key(name: &str) -> SessionKey {
        Token::parse(name).expect("a plausible token").key()
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_when_its_life_is_over() -> Result<(), SessionStoreError> {
        let store = MemorySessions::default().life(Duration::from_mins(1));
        store.insert(key("a"), SessionRecord::new("ada")).await?;

        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(store.find(&key("a")).await?.is_some());

        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(store.find(&key("a")).await?.is_none());
        let room = RoomCode::parse("r").expect("a room name");
        assert_eq!(store.join(&key("a"), room, 9).await?, None);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_session_gives_way_when_there_are_too_many() -> Result<(), SessionStoreError>
    {
        let store = MemorySessions::default().max(2);
        for name in ["a", "b", "c"] {
            store.insert(key(name), SessionRecord::new(name)).await?;
        }
        assert!(store.find(&key("a")).await?.is_none());
        assert!(store.find(&key("b")).await?.is_some());
        assert!(store.find(&key("c")).await?.is_some());
        Ok(())
    }

    #[tokio::test]
    async fn a_session_remembers_its_rooms_and_leaves_the_oldest_past_its_cap()
    -> Result<(), SessionStoreError> {
        let store = MemorySessions::default();
        store.insert(key("a"), SessionRecord::new("ada")).await?;
        let room = |name: &str| RoomCode::parse(name).expect("a room name");
        for name in ["one", "two", "one"] {
            assert_eq!(store.join(&key("a"), room(name), 2).await?, Some(vec![]));
        }
        assert_eq!(
            store.join(&key("a"), room("three"), 2).await?,
            Some(vec![room("one")])
        );
        assert!(store.leave(&key("a"), &room("two")).await?);
        let record = store.find(&key("a")).await?.expect("the session");
        assert_eq!(*record.rooms, [room("three")]);
        Ok(())
    }
}

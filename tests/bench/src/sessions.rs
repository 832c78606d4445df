//! Sessions that are always there: `bench-0` to `bench-9999`.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use sync_runtime::{
    EndReason, NewSession, RoomCode, SessionKey, SessionRecord, SessionStore, SessionStoreError,
    StoreFuture,
};

use crate::User;

const SESSIONS: usize = 10_000;
const LIFE: Duration = Duration::from_hours(24);

/// The token of a member's session.
pub(crate) fn token(member: usize) -> String {
    format!("bench-{member}")
}

pub(crate) struct BenchSessions(HashMap<SessionKey, Session>);

struct Session {
    user: Arc<User>,
    rooms: Mutex<Arc<[RoomCode]>>,
}

impl BenchSessions {
    pub(crate) fn new() -> Self {
        let session = |number| {
            let token = token(number);
            let key = SessionKey::parse(&sha256_hex(&token))?;
            let user = Arc::new(User { id: token });
            let rooms = Mutex::default();
            Some((key, Session { user, rooms }))
        };
        Self((0..SESSIONS).filter_map(session).collect())
    }

    fn change<T>(
        &self,
        key: &SessionKey,
        change: impl FnOnce(&mut Vec<RoomCode>) -> T,
    ) -> Option<T> {
        let session = self.0.get(key)?;
        let mut rooms = session.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = rooms.to_vec();
        let result = change(&mut changed);
        *rooms = changed.into();
        Some(result)
    }
}

fn sha256_hex(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn at_once<'a, T: Send + 'a>(answer: T) -> StoreFuture<'a, T> {
    std::future::ready(Ok(answer)).boxed()
}

impl SessionStore<User> for BenchSessions {
    fn find<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<SessionRecord<User>>> {
        let record = self.0.get(key).map(|session| {
            let rooms = session.rooms.lock().unwrap_or_else(PoisonError::into_inner);
            SessionRecord {
                user: session.user.clone(),
                rooms: rooms.clone(),
                left: LIFE,
                left_at_most: None,
            }
        });
        at_once(record)
    }

    fn insert(&self, _: NewSession<User>) -> StoreFuture<'_, Vec<SessionKey>> {
        let error = SessionStoreError("nobody logs in to a benchmark".into());
        std::future::ready(Err(error)).boxed()
    }

    fn refresh<'a>(&'a self, _: &'a SessionKey, _: Duration) -> StoreFuture<'a, ()> {
        at_once(())
    }

    fn remove<'a>(&'a self, _: &'a SessionKey, _: EndReason) -> StoreFuture<'a, bool> {
        at_once(false)
    }

    fn remove_user<'a>(&'a self, _: &'a str, _: EndReason) -> StoreFuture<'a, Vec<SessionKey>> {
        at_once(Vec::new())
    }

    fn of_user<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Vec<SessionKey>> {
        at_once(Vec::new())
    }

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>> {
        let joined = self.change(key, |rooms| {
            rooms.retain(|joined| *joined != room);
            rooms.push(room);
            let beyond = rooms.len().saturating_sub(max);
            rooms.drain(..beyond).collect()
        });
        at_once(joined)
    }

    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool> {
        let left = self.change(key, |rooms| rooms.retain(|joined| joined != room));
        at_once(left.is_some())
    }
}

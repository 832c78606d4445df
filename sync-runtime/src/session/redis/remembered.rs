//! Sessions as they were last read, for while Redis does not answer.

use std::{collections::HashMap, mem, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Found, milliseconds};
use crate::session::{EndNotice, SessionKey};

/// How many sessions a generation holds. There are two: beyond it the older one is forgotten.
const GENERATION: usize = 10_000;

/// What this process has read of sessions.
pub(super) struct Remembered {
    /// For how long it counts.
    life: Duration,
    read: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<SessionKey, Read>,
    old: HashMap<SessionKey, Read>,
}

struct Read {
    at: Instant,
    found: Found,
}

impl Remembered {
    pub(super) fn new(life: Duration) -> Self {
        Self {
            life,
            read: Mutex::default(),
        }
    }

    /// Notes what Redis says of a session.
    pub(super) fn note(&self, key: &SessionKey, found: Option<&Found>) {
        let Some(found) = found else {
            return self.forget(key);
        };
        let read = Read {
            at: Instant::now(),
            found: found.clone(),
        };
        let mut generations = self.read.lock();
        if generations.young.len() >= GENERATION {
            generations.old = mem::take(&mut generations.young);
        }
        generations.young.insert(key.clone(), read);
    }

    pub(super) fn forget(&self, key: &SessionKey) {
        let mut generations = self.read.lock();
        generations.young.remove(key);
        generations.old.remove(key);
    }

    /// Forgets what has ended elsewhere, or may have.
    pub(super) fn hear(&self, notice: &EndNotice) {
        match notice {
            EndNotice::Ended { key, .. } => self.forget(key),
            EndNotice::Missed => *self.read.lock() = Generations::default(),
        }
    }

    /// The session as it was read, unless that was too long ago or it is over by now.
    pub(super) fn get(&self, key: &SessionKey) -> Option<Found> {
        let generations = self.read.lock();
        let young = generations.young.get(key);
        let Read { at, found } = young.or_else(|| generations.old.get(key))?;
        let age = at.elapsed();
        let passed = i64::try_from(milliseconds(age)).unwrap_or(i64::MAX);
        let (user, rooms, left, most) = found;
        if age >= self.life || *left <= passed {
            return None;
        }
        let most = if *most < 0 { *most } else { most - passed };
        Some((user.clone(), rooms.clone(), left - passed, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{EndReason, Token};

    fn key(text: &str) -> SessionKey {
        Token::parse(text).expect("a plausible token").key()
    }

    fn found(left: i64) -> Found {
        ("{}".into(), "[]".into(), left, -1)
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_counts_as_long_as_it_lives_and_what_was_read_is_not_too_old() {
        let remembered = Remembered::new(Duration::from_mins(1));
        remembered.note(&key("short"), Some(&found(5_000)));
        remembered.note(&key("long"), Some(&found(100_000)));
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(remembered.get(&key("short")), None);
        assert_eq!(remembered.get(&key("long")), Some(found(94_000)));
        tokio::time::advance(Duration::from_secs(54)).await;
        assert_eq!(remembered.get(&key("long")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_has_ended_or_may_have_is_forgotten() {
        let remembered = Remembered::new(Duration::from_mins(1));
        let note = |text| remembered.note(&key(text), Some(&found(100_000)));
        for text in ["a", "b", "c"] {
            note(text);
        }
        remembered.note(&key("a"), None);
        remembered.hear(&EndNotice::Ended {
            key: key("b"),
            reason: EndReason::Revoked,
        });
        assert_eq!(remembered.get(&key("a")), None);
        assert_eq!(remembered.get(&key("b")), None);
        assert!(remembered.get(&key("c")).is_some());
        remembered.hear(&EndNotice::Missed);
        assert_eq!(remembered.get(&key("c")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_sessions_are_remembered_than_two_generations_hold() {
        let remembered = Remembered::new(Duration::from_mins(1));
        for number in 0..=2 * GENERATION {
            remembered.note(&key(&number.to_string()), Some(&found(100_000)));
        }
        assert_eq!(remembered.get(&key("0")), None);
        assert!(remembered.get(&key("19999")).is_some());
        let generations = remembered.read.lock();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION);
    }
}

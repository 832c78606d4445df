//! What this node still has to see to in Redis: its claims, and answers that Redis has not taken yet.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::repeats::MemoryBounds;

/// A claim of this node: its key in Redis, and what is there as long as it is this node's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct OwnClaim {
    pub(super) key: Arc<str>,
    pub(super) value: Arc<str>,
}

/// What is to be put in the place of a claim.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub(super) claim: OwnClaim,
    pub(super) value: Arc<str>,
    pub(super) life: Duration,
}

enum Entry {
    Runs { prolong_at: Instant },
    Answered { value: Arc<str>, forget_at: Instant },
}

/// Claims of requests that run, and of answers that are to be put in their place.
pub(super) struct Held {
    bounds: MemoryBounds,
    lease: Duration,
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<OwnClaim, Entry>,
    answers: usize,
    bytes: usize,
}

impl Held {
    pub(super) fn new(bounds: MemoryBounds, lease: Duration) -> Self {
        Self {
            bounds,
            lease,
            next: AtomicU64::default(),
            state: Mutex::default(),
        }
    }

    /// A number that no other claim of this node has.
    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn begin(&self, claim: OwnClaim) {
        let prolong_at = self.prolong_at();
        let entry = Entry::Runs { prolong_at };
        self.state.lock().entries.insert(claim, entry);
    }

    /// Keeps an answer until Redis takes it. Fails where too much waits for that already.
    pub(super) fn answer(&self, claim: &OwnClaim, value: Arc<str>) -> Result<(), TooMuch> {
        let mut state = self.state.lock();
        state.remove(claim);
        let (answers, bytes) = (state.answers + 1, state.bytes + value.len());
        if answers > self.bounds.answers || bytes > self.bounds.bytes {
            return Err(TooMuch);
        }
        (state.answers, state.bytes) = (answers, bytes);
        let forget_at = Instant::now() + self.bounds.window;
        let entry = Entry::Answered { value, forget_at };
        state.entries.insert(claim.clone(), entry);
        Ok(())
    }

    pub(super) fn end(&self, claim: &OwnClaim) {
        self.state.lock().remove(claim);
    }

    pub(super) fn has(&self, claim: &OwnClaim) -> bool {
        self.state.lock().entries.contains_key(claim)
    }

    /// What is to be put into Redis now, claims first.
    pub(super) fn due(&self) -> Vec<Due> {
        let now = Instant::now();
        let mut state = self.state.lock();
        let is_over =
            |entry: &Entry| matches!(entry, Entry::Answered { forget_at, .. } if *forget_at <= now);
        let over: Vec<OwnClaim> = state
            .entries
            .iter()
            .filter(|(_, entry)| is_over(entry))
            .map(|(claim, _)| claim.clone())
            .collect();
        for claim in &over {
            state.remove(claim);
        }
        let (mut due, mut answers) = (Vec::new(), Vec::new());
        for (claim, entry) in &mut state.entries {
            match entry {
                Entry::Runs { prolong_at } if *prolong_at <= now => {
                    *prolong_at = self.prolong_at();
                    due.push(Due {
                        claim: claim.clone(),
                        value: claim.value.clone(),
                        life: self.lease,
                    });
                }
                Entry::Runs { .. } => {}
                Entry::Answered { value, forget_at } => answers.push(Due {
                    claim: claim.clone(),
                    value: value.clone(),
                    life: *forget_at - now,
                }),
            }
        }
        due.append(&mut answers);
        due
    }

    /// Soon enough that Redis can be away for most of a lease without a claim's end.
    fn prolong_at(&self) -> Instant {
        Instant::now() + self.lease / 4
    }
}

impl State {
    fn remove(&mut self, claim: &OwnClaim) {
        if let Some(Entry::Answered { value, .. }) = self.entries.remove(claim) {
            self.answers -= 1;
            self.bytes -= value.len();
        }
    }
}

/// As many answers wait for Redis as may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMuch;

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(20);

    fn held() -> Held {
        let bounds = MemoryBounds {
            window: Duration::from_mins(5),
            answers: 2,
            bytes: 100,
        };
        Held::new(bounds, LEASE)
    }

    fn claim(key: &str) -> OwnClaim {
        OwnClaim {
            key: key.into(),
            value: "claim".into(),
        }
    }

    fn values(held: &Held) -> Vec<String> {
        let due = held.due();
        due.iter().map(|due| due.value.to_string()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_claim_is_prolonged_four_times_in_its_lease_for_as_long_as_it_is_held() {
        let held = held();
        held.begin(claim("a"));
        assert!(held.due().is_empty());
        for _ in 0..2 {
            tokio::time::advance(LEASE / 4).await;
            assert_eq!(values(&held), ["claim"]);
            assert!(held.due().is_empty());
        }
        held.end(&claim("a"));
        tokio::time::advance(LEASE).await;
        assert!(held.due().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_due_until_it_is_taken_or_too_old() {
        let held = held();
        held.begin(claim("a"));
        assert_eq!(held.answer(&claim("a"), "answer".into()), Ok(()));
        assert_eq!(values(&held), ["answer"]);
        assert_eq!(values(&held), ["answer"]);
        tokio::time::advance(Duration::from_mins(5)).await;
        assert!(held.due().is_empty());
        assert!(!held.has(&claim("a")));
        assert_eq!(held.state.lock().bytes, 0);
    }

    #[test]
    fn no_more_answers_wait_than_may() {
        let held = held();
        assert_eq!(
            held.answer(&claim("a"), "x".repeat(101).into()),
            Err(TooMuch)
        );
        assert_eq!(held.answer(&claim("a"), "x".into()), Ok(()));
        assert_eq!(held.answer(&claim("a"), "y".into()), Ok(()));
        assert_eq!(held.answer(&claim("b"), "x".into()), Ok(()));
        assert_eq!(held.answer(&claim("c"), "x".into()), Err(TooMuch));
        held.end(&claim("b"));
        assert_eq!(held.answer(&claim("c"), "x".into()), Ok(()));
    }
}

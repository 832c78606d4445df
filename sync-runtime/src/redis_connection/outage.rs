//! Whether Redis is worth asking.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// How long Redis is left alone after it has not answered.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// What `ask_at` is while Redis answers.
const ANSWERS: u64 = 0;

/// Whether Redis answers. While it does not, one request in a second asks it, and the others do not
/// wait for it.
pub(crate) struct Outage {
    begun: Instant,
    /// When it is to be asked again, in milliseconds since one before the beginning.
    ask_at: AtomicU64,
}

impl Outage {
    pub(crate) fn none() -> Self {
        Self {
            begun: Instant::now(),
            ask_at: AtomicU64::new(ANSWERS),
        }
    }

    /// Whether Redis answered when it was last asked.
    pub(crate) fn answers(&self) -> bool {
        self.ask_at.load(Ordering::Relaxed) == ANSWERS
    }

    /// Whether this request is to ask Redis.
    pub(crate) fn lets_ask(&self) -> bool {
        let ask_at = self.ask_at.load(Ordering::Relaxed);
        if ask_at == ANSWERS {
            return true;
        }
        let is_due = self.after(Duration::ZERO) >= ask_at;
        let claim = || {
            let next = self.after(PAUSE);
            self.ask_at
                .compare_exchange(ask_at, next, Ordering::Relaxed, Ordering::Relaxed)
        };
        is_due && claim().is_ok()
    }

    /// Notes that Redis did not answer, and says whether that is news.
    pub(crate) fn began(&self) -> bool {
        let next = self.after(PAUSE);
        self.ask_at.swap(next, Ordering::Relaxed) == ANSWERS
    }

    /// Notes that Redis answered, and says whether that is news.
    pub(crate) fn ended(&self) -> bool {
        !self.answers() && self.ask_at.swap(ANSWERS, Ordering::Relaxed) != ANSWERS
    }

    fn after(&self, pause: Duration) -> u64 {
        let at = (self.begun.elapsed() + pause).as_millis();
        u64::try_from(at).unwrap_or(u64::MAX).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_redis_that_does_not_answer_is_asked_by_one_request_in_a_second() {
        let outage = Outage::none();
        assert!(outage.lets_ask());
        assert!(outage.lets_ask());
        assert!(outage.began());
        assert!(!outage.began());
        for _ in 0..3 {
            assert!(!outage.lets_ask());
            tokio::time::advance(PAUSE).await;
            assert!(outage.lets_ask());
        }
        assert!(outage.ended());
        assert!(!outage.ended());
        assert!(outage.lets_ask());
        assert!(outage.lets_ask());
    }
}

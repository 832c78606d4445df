//! The buckets, in this process's memory.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use dashmap::{DashMap, mapref::entry::Entry};
use futures_util::future::{BoxFuture, FutureExt, ready};
use tokio::time::Instant;

use super::{Rate, RateStore, Take};

/// How many buckets there may be: about 5 MB. A bucket that is full again is no longer needed; when
/// all of these are in use at the same time, further ones are not limited until some are free.
const MAX_BUCKETS: usize = 100_000;

/// The least time between two searches for buckets that are no longer needed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Who has asked for what how often.
pub(crate) struct Buckets {
    /// When each bucket will be full again, by the hash of what it is for. Its keys are secret, so
    /// that nobody can make two of the same.
    full_at: DashMap<u64, Instant>,
    /// How many there are; the map itself would have to look into all its parts.
    count: AtomicUsize,
    hasher: RandomState,
    begun: Instant,
    /// When was last swept, in milliseconds since the beginning.
    swept: AtomicU64,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            full_at: DashMap::new(),
            count: AtomicUsize::new(0),
            hasher: RandomState::new(),
            begun: Instant::now(),
            swept: AtomicU64::new(0),
        }
    }
}

impl RateStore for Buckets {
    fn take<'a>(&'a self, takes: &'a [Take<'a>]) -> BoxFuture<'a, Result<(), Duration>> {
        ready(self.take_all(takes)).boxed()
    }
}

impl Buckets {
    /// Takes one out of each bucket, up to one that is empty.
    pub(super) fn take_all(&self, takes: &[Take<'_>]) -> Result<(), Duration> {
        takes
            .iter()
            .try_for_each(|take| self.take(take.from, take.rate))
    }

    /// Takes one out of a bucket, or tells how long it takes until there is one.
    fn take(&self, whose: impl Hash, rate: Rate) -> Result<(), Duration> {
        let now = Instant::now();
        if self.count.load(Ordering::Relaxed) >= MAX_BUCKETS {
            self.sweep(now);
        }
        let mut bucket = match self.full_at.entry(self.hasher.hash_one(whose)) {
            Entry::Occupied(bucket) => bucket.into_ref(),
            Entry::Vacant(new) => {
                self.count.fetch_add(1, Ordering::Relaxed);
                new.insert(now)
            }
        };
        let full_at = (*bucket).max(now) + rate.interval();
        let empty_for = full_at.duration_since(now).saturating_sub(rate.period());
        if !empty_for.is_zero() {
            return Err(empty_for);
        }
        *bucket = full_at;
        Ok(())
    }

    fn sweep(&self, now: Instant) {
        let elapsed = u64::try_from((now - self.begun).as_millis()).unwrap_or(u64::MAX);
        let interval = u64::try_from(SWEEP_INTERVAL.as_millis()).unwrap_or(u64::MAX);
        let last = self.swept.load(Ordering::Relaxed);
        let is_due = elapsed >= last.saturating_add(interval);
        let claim = || {
            self.swept
                .compare_exchange(last, elapsed, Ordering::Relaxed, Ordering::Relaxed)
        };
        if !is_due || claim().is_err() {
            return;
        }
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() >= MAX_BUCKETS {
            tracing::warn!(
                buckets = MAX_BUCKETS,
                "more are being rate limited at once than there are buckets; the buckets are begun anew"
            );
            self.full_at.clear();
        }
        self.count.store(self.full_at.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().expect("a rate")
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_the_whole_count_is_allowed_and_then_one_at_a_time() {
        let buckets = Buckets::default();
        for _ in 0..60 {
            assert_eq!(buckets.take("ada", rate("60/min")), Ok(()));
        }
        assert_eq!(
            buckets.take("ada", rate("60/min")),
            Err(Duration::from_secs(1))
        );
        assert_eq!(buckets.take("grace", rate("60/min")), Ok(()));

        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(buckets.take("ada", rate("60/min")), Ok(()));
        assert!(buckets.take("ada", rate("60/min")).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_takes_nothing() {
        let buckets = Buckets::default();
        for _ in 0..2 {
            assert!(buckets.take("ada", rate("2/s")).is_ok());
        }
        for _ in 0..100 {
            assert_eq!(
                buckets.take("ada", rate("2/s")),
                Err(Duration::from_millis(500))
            );
        }
        tokio::time::advance(Duration::from_millis(500)).await;
        assert!(buckets.take("ada", rate("2/s")).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_buckets_is_bounded() {
        let buckets = Buckets::default();
        for number in 0..MAX_BUCKETS {
            assert!(buckets.take(number, rate("1/s")).is_ok());
        }
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(buckets.take("one more", rate("1/s")).is_ok());
        assert_eq!(buckets.full_at.len(), 1);
    }
}

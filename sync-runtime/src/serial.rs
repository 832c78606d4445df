//! Work that runs one after another where it belongs together, and beside the rest where it does not.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;

type Work = BoxFuture<'static, ()>;

/// What waits, for each key of which something runs.
pub(crate) struct Serial<K>(Arc<Mutex<HashMap<K, VecDeque<Work>>>>);

impl<K: Clone + Eq + Hash + Send + 'static> Serial<K> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Runs work after all that was added with the same key before.
    pub(crate) fn add(&self, key: K, work: impl Future<Output = ()> + Send + 'static) {
        let work = work.boxed();
        match self.0.lock().entry(key) {
            Entry::Occupied(busy) => busy.into_mut().push_back(work),
            Entry::Vacant(idle) => {
                let key = idle.key().clone();
                idle.insert(VecDeque::new());
                tokio::spawn(Self(self.0.clone()).run(key, work));
            }
        }
    }

    async fn run(self, key: K, first: Work) {
        let mut work = Some(first);
        while let Some(current) = work {
            if AssertUnwindSafe(current).catch_unwind().await.is_err() {
                tracing::error!("a delivery panicked outside of its handler");
            }
            work = self.next(&key);
        }
    }

    fn next(&self, key: &K) -> Option<Work> {
        let mut waiting = self.0.lock();
        let next = waiting.get_mut(key).and_then(VecDeque::pop_front);
        if next.is_none() {
            waiting.remove(key);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_belongs_together_runs_in_order_and_holds_up_nothing_else() {
        let serial = Serial::new();
        let (seen, mut order) = mpsc::unbounded_channel();
        serial.add("stuck", std::future::pending());
        serial.add("a", async { panic!("a test's panic") });
        for number in 0..20 {
            let seen = seen.clone();
            serial.add("a", async move {
                for _ in 0..(20 - number) % 7 {
                    tokio::task::yield_now().await;
                }
                seen.send(number).expect("the test listens");
            });
        }
        for number in 0..20 {
            assert_eq!(order.recv().await, Some(number));
        }
        tokio::task::yield_now().await;
        assert_eq!(serial.0.lock().len(), 1);
    }
}

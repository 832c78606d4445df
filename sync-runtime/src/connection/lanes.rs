//! The order of a connection's work: one lane for each room, run from front to back.
//!
//! socketioxide gives every event a task of its own, so ten events sent in a row can run in any
//! order. Here work is queued in the order in which it arrived, and one task per busy room runs it.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;

use super::Connection;

type Work = BoxFuture<'static, ()>;

/// The name of the room in whose order work runs, as the client wrote it.
type Lane = Arc<str>;

#[derive(Default)]
pub(super) struct Lanes {
    /// What waits, for each room in which something runs.
    waiting: Mutex<HashMap<Lane, VecDeque<Work>>>,
    /// How much waits or runs in all rooms.
    pending: AtomicUsize,
}

impl Lanes {
    pub(super) fn reserve(connection: &Arc<Connection>, max: usize) -> Option<Place> {
        let pending = connection.lanes.pending.fetch_add(1, Ordering::Relaxed);
        // Dropped where it is not given away, the place is free again.
        let place = Place(connection.clone());
        (pending < max).then_some(place)
    }

    pub(super) fn are_busy(&self) -> bool {
        self.pending.load(Ordering::Relaxed) > 0
    }

    /// The next work of a lane; the lane ends where there is none.
    fn next(&self, lane: &Lane) -> Option<Work> {
        let mut waiting = self.waiting.lock();
        let next = waiting.get_mut(lane).and_then(VecDeque::pop_front);
        if next.is_none() {
            waiting.remove(lane);
        }
        next
    }
}

/// A place for work among the bounded number that a connection has, taken until the work is done.
pub(crate) struct Place(Arc<Connection>);

impl Place {
    /// Runs work after all that this connection has sent to the same room before.
    pub(crate) fn enqueue(self, lane: Lane, work: impl Future<Output = ()> + Send + 'static) {
        let connection = self.0.clone();
        let work = Box::pin(async move {
            work.await;
            drop(self);
        });
        let mut waiting = connection.lanes.waiting.lock();
        match waiting.entry(lane) {
            Entry::Occupied(busy) => busy.into_mut().push_back(work),
            Entry::Vacant(idle) => {
                let lane = idle.key().clone();
                idle.insert(VecDeque::new());
                tokio::spawn(run(connection.clone(), lane, work));
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.lanes.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn run(connection: Arc<Connection>, lane: Lane, first: Work) {
    let mut work = Some(first);
    while let Some(current) = work {
        // The pipeline contains the panics of handlers. One that got out all the same must not
        // stop what waits behind it.
        if AssertUnwindSafe(current).catch_unwind().await.is_err() {
            tracing::error!(%lane, "a request panicked outside of its handler");
        }
        work = connection.lanes.next(&lane);
    }
}

#[cfg(test)]
mod tests {
    use socketioxide::socket::Sid;
    use tokio::sync::{Notify, mpsc};

    use super::*;
    use crate::hooks::Visitor;

    fn connection() -> Arc<Connection> {
        Arc::new(Connection::new(Sid::new(), Visitor::new(None, None), None))
    }

    fn enqueue(
        connection: &Arc<Connection>,
        name: &str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let place = connection.reserve(100).expect("a place");
        place.enqueue(name.into(), work);
    }

    #[tokio::test]
    async fn work_in_a_room_runs_in_order_one_after_another() {
        let connection = connection();
        let (seen, mut order) = mpsc::unbounded_channel();
        for number in 0..50 {
            let seen = seen.clone();
            enqueue(&connection, "a", async move {
                for _ in 0..(50 - number) % 7 {
                    tokio::task::yield_now().await;
                }
                seen.send(number).expect("the test listens");
            });
        }
        for number in 0..50 {
            assert_eq!(order.recv().await, Some(number));
        }
    }

    #[tokio::test]
    async fn a_room_that_waits_does_not_hold_up_another() {
        let connection = connection();
        let (seen, mut order) = mpsc::unbounded_channel();
        enqueue(&connection, "slow", std::future::pending());
        enqueue(&connection, "quick", async move {
            seen.send(()).expect("the test listens");
        });
        assert_eq!(order.recv().await, Some(()));
    }

    #[tokio::test]
    async fn work_beyond_the_bound_is_refused_until_some_is_done() {
        let connection = connection();
        let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        for name in ["a", "b"] {
            let (go, done) = (go.clone(), done.clone());
            let place = connection.reserve(2).expect("a place");
            place.enqueue(name.into(), async move {
                go.notified().await;
                done.notify_one();
            });
        }
        assert!(connection.reserve(2).is_none());
        tokio::task::yield_now().await;
        go.notify_one();
        done.notified().await;
        tokio::task::yield_now().await;
        assert!(connection.reserve(2).is_some());
    }

    #[tokio::test]
    async fn a_panic_does_not_stop_what_waits_behind_it() {
        let connection = connection();
        let (seen, mut order) = mpsc::unbounded_channel();
        enqueue(&connection, "a", async { panic!("a test's panic") });
        enqueue(&connection, "a", async move {
            seen.send(()).expect("the test listens");
        });
        assert_eq!(order.recv().await, Some(()));
    }
}

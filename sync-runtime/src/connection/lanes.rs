//! The order of a connection's work: one lane for each room, run from front to back.
//!
//! socketioxide gives every event a task of its own, so ten events sent in a row can run in any
//! order. Here work is queued in the order in which it arrived, and one task per busy room runs it.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Connection;

type Work = BoxFuture<'static, ()>;

/// The name of the room in whose order work runs, as the client wrote it.
type Lane = Arc<str>;

#[derive(Default)]
pub(super) struct Lanes {
    /// What waits, for each room in which something runs.
    waiting: Mutex<HashMap<Lane, VecDeque<Work>>>,
    /// How much waits or runs in all rooms, and how many bytes it holds.
    pending: AtomicUsize,
    pending_bytes: AtomicUsize,
}

/// How much of one connection may wait or run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueBounds {
    pub(crate) requests: usize,
    /// What is larger than this by itself has a place all the same, when nothing else has one.
    pub(crate) bytes: usize,
}

impl Lanes {
    pub(super) fn reserve(
        connection: &Arc<Connection>,
        bytes: usize,
        bounds: QueueBounds,
    ) -> Option<Place> {
        let lanes = &connection.lanes;
        let pending = lanes.pending.fetch_add(1, Ordering::Relaxed);
        let held = lanes.pending_bytes.fetch_add(bytes, Ordering::Relaxed);
        // Dropped where it is not given away, the place is free again.
        let place = Place {
            connection: connection.clone(),
            bytes,
            announce: None,
        };
        let fits = held == 0 || held.saturating_add(bytes) <= bounds.bytes;
        (pending < bounds.requests && fits).then_some(place)
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
pub(crate) struct Place {
    connection: Arc<Connection>,
    bytes: usize,
    announce: Option<Announce>,
}

type Announce = Box<dyn FnOnce() + Send>;

impl Place {
    /// Sets how the client is told that its work has a place: before it begins, and at once where it has to wait. Where it
    /// does not, the task that runs it tells so, whose own words then go out in the same write.
    pub(crate) fn announcing(mut self, announce: impl FnOnce() + Send + 'static) -> Self {
        self.announce = Some(Box::new(announce));
        self
    }

    /// Runs work after all that this connection has sent to the same room before.
    pub(crate) fn enqueue(mut self, lane: Lane, work: impl Future<Output = ()> + Send + 'static) {
        let connection = self.connection.clone();
        let announce = self.announce.take();
        let work = async move {
            work.await;
            drop(self);
        };
        Self::add(&connection, lane, announce, work);
    }

    /// As [`enqueue`](Self::enqueue), for work that lets what is behind it begin before it is done
    /// itself: when it drops its turn.
    pub(crate) fn enqueue_beginning<W>(mut self, lane: Lane, work: impl FnOnce(Turn) -> W)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let connection = self.connection.clone();
        let announce = self.announce.take();
        let (turn, over) = oneshot::channel();
        let work = work(Turn { _over: turn });
        let begin = async move {
            tokio::spawn(async move {
                work.await;
                drop(self);
            });
            // It is never sent, only dropped.
            let _ = over.await;
        };
        Self::add(&connection, lane, announce, begin);
    }

    fn add(
        connection: &Arc<Connection>,
        lane: Lane,
        announce: Option<Announce>,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let mut waiting = connection.lanes.waiting.lock();
        match waiting.entry(lane) {
            Entry::Occupied(busy) => {
                // Under the lock: what waits begins no sooner than it is announced.
                if let Some(announce) = announce {
                    announce();
                }
                busy.into_mut().push_back(Box::pin(work));
            }
            Entry::Vacant(idle) => {
                let lane = idle.key().clone();
                idle.insert(VecDeque::new());
                let work = Box::pin(async move {
                    if let Some(announce) = announce {
                        announce();
                    }
                    work.await;
                });
                tokio::spawn(run(connection.clone(), lane, work));
            }
        }
    }
}

/// The turn of work in its lane: what is behind it begins when this is dropped.
pub(crate) struct Turn {
    _over: oneshot::Sender<Infallible>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let lanes = &self.connection.lanes;
        lanes.pending.fetch_sub(1, Ordering::Relaxed);
        lanes.pending_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

async fn run(connection: Arc<Connection>, lane: Lane, first: Work) {
    let mut work = Some(first);
    while let Some(current) = work {
        // The panics of the app are contained where they are answered. One that got out all the same
        // must not stop what waits behind it.
        if AssertUnwindSafe(current).catch_unwind().await.is_err() {
            tracing::error!(%lane, "work in a room panicked outside of the app's code");
        }
        work = connection.lanes.next(&lane);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{Notify, mpsc};

    use super::*;

    const BOUNDS: QueueBounds = QueueBounds {
        requests: 100,
        bytes: 1_000,
    };

    fn connection() -> Arc<Connection> {
        Connection::for_tests()
    }

    fn enqueue(
        connection: &Arc<Connection>,
        name: &str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let place = connection.reserve(1, BOUNDS).expect("a place");
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
    async fn work_is_announced_at_once_where_it_waits_and_before_it_begins() {
        let connection = connection();
        let (seen, mut order) = mpsc::unbounded_channel();
        let go_on = Arc::new(Notify::new());
        for number in 0..3 {
            let (announced, begun, go_on) = (seen.clone(), seen.clone(), go_on.clone());
            let place = connection.reserve(1, BOUNDS).expect("a place");
            let place = place.announcing(move || {
                announced
                    .send(("announced", number))
                    .expect("the test listens");
            });
            place.enqueue("a".into(), async move {
                begun.send(("begun", number)).expect("the test listens");
                go_on.notified().await;
            });
        }
        let mut next = async || order.recv().await.expect("not the end");
        assert_eq!(next().await, ("announced", 1));
        assert_eq!(next().await, ("announced", 2));
        assert_eq!(next().await, ("announced", 0));
        for number in 0..3 {
            assert_eq!(next().await, ("begun", number));
            go_on.notify_one();
        }
    }

    #[tokio::test]
    async fn what_is_behind_work_that_drops_its_turn_begins_before_that_is_done() {
        let connection = connection();
        let (seen, mut order) = mpsc::unbounded_channel();
        let begun = seen.clone();
        let place = connection.reserve(1, BOUNDS).expect("a place");
        place.enqueue_beginning("a".into(), |turn| async move {
            begun.send(1).expect("the test listens");
            drop(turn);
            std::future::pending::<()>().await;
        });
        enqueue(&connection, "a", async move {
            seen.send(2).expect("the test listens");
        });
        assert_eq!(order.recv().await, Some(1));
        assert_eq!(order.recv().await, Some(2));
        assert!(connection.is_busy());
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
        let bounds = QueueBounds {
            requests: 2,
            ..BOUNDS
        };
        let connection = connection();
        let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        for name in ["a", "b"] {
            let (go, done) = (go.clone(), done.clone());
            let place = connection.reserve(1, bounds).expect("a place");
            place.enqueue(name.into(), async move {
                go.notified().await;
                done.notify_one();
            });
        }
        assert!(connection.reserve(1, bounds).is_err());
        tokio::task::yield_now().await;
        go.notify_one();
        done.notified().await;
        tokio::task::yield_now().await;
        assert!(connection.reserve(1, bounds).is_ok());
    }

    #[tokio::test]
    async fn work_that_holds_too_much_is_refused_and_what_is_large_by_itself_is_not() {
        let connection = connection();
        let large = connection.reserve(5_000, BOUNDS);
        assert!(large.is_ok());
        assert!(connection.reserve(1, BOUNDS).is_err());
        drop(large);
        let half = connection.reserve(500, BOUNDS);
        assert!(half.is_ok());
        assert!(connection.reserve(501, BOUNDS).is_err());
        assert!(connection.reserve(500, BOUNDS).is_ok());
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

//! Going without a crash: what runs may finish, and clients leave in batches.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::task::TaskTracker;

use crate::{below::SocketRef, connection::Connection, server::Server};

/// How often a batch of connections is closed.
const TICK: Duration = Duration::from_millis(100);

/// The least that is closed in one batch, so that a server with few clients does not take its time.
const LEAST_BATCH: usize = 32;

/// How often a connection whose turn it is is asked whether its requests are over.
const BUSY_POLL: Duration = Duration::from_millis(20);

/// How long what was cancelled at the deadline may take to say so to its clients, and connections to
/// close.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a shutdown came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// How many connections there were at its beginning.
    pub connections: usize,
    /// How many of those and of the requests over HTTP still ran something at the deadline, and were
    /// cut off.
    pub cut_off: usize,
}

pub(crate) async fn shut_down(server: &Arc<Server>) -> ShutdownReport {
    let deadline = Instant::now() + server.config.shutdown_deadline;
    server.shutdown.begun.cancel();
    server.shutdown.requests.close();
    let sockets = shuffled(server.io.sockets());
    let connections = sockets.len();
    tracing::info!(connections, "shutting down");

    let closing = TaskTracker::new();
    let batch = batch_size(connections, server.config.shutdown_spread);
    for (number, batch) in sockets.chunks(batch).enumerate() {
        if number > 0 {
            sleep_until(deadline.min(Instant::now() + jittered(TICK))).await;
        }
        for socket in batch {
            closing.spawn(close_when_idle(server.clone(), socket.clone(), deadline));
        }
    }
    drop(sockets);
    closing.close();
    let finished = async {
        closing.wait().await;
        server.shutdown.requests.wait().await;
    };
    let mut cut_off = 0;
    if timeout_at(deadline, finished).await.is_err() {
        cut_off = server.shutdown.requests.len();
        server.shutdown.deadline.cancel();
    }
    // Right after the deadline those that were busy close by themselves.
    let last = Instant::now() + LAST_WORDS;
    let _ = timeout_at(last, closing.wait()).await;
    close_the_rest(server, last).await;
    server.shutdown.over.cancel();
    server.cluster.part().await;
    cut_off += server.shutdown.interrupted.load(Ordering::Relaxed);
    tracing::info!(connections, cut_off, "shut down");
    ShutdownReport {
        connections,
        cut_off,
    }
}

/// Closes a connection between its requests; at the deadline, where it is.
async fn close_when_idle(server: Arc<Server>, socket: SocketRef, deadline: Instant) {
    if let Some(connection) = connection_of(&socket) {
        let idle = async {
            while connection.is_busy() {
                sleep(BUSY_POLL).await;
            }
        };
        if timeout_at(deadline, idle).await.is_err() {
            server.shutdown.interrupted.fetch_add(1, Ordering::Relaxed);
            connection.cancel_all();
            // Until they have answered that they were aborted.
            let _ = timeout_at(deadline + LAST_WORDS / 2, async {
                while connection.is_busy() {
                    sleep(BUSY_POLL).await;
                }
            })
            .await;
        }
    }
    server.door.close(&socket).await;
}

/// Those that have come since the shutdown began, and those that do not go.
async fn close_the_rest(server: &Arc<Server>, deadline: Instant) {
    loop {
        let left = server.io.sockets();
        if left.is_empty() && server.shutdown.requests.is_empty() {
            return;
        }
        if Instant::now() >= deadline {
            tracing::warn!(connections = left.len(), "connections did not close");
            return;
        }
        join_all(left.iter().map(|socket| server.door.close(socket))).await;
        sleep(BUSY_POLL).await;
    }
}

fn connection_of(socket: &SocketRef) -> Option<Arc<Connection>> {
    socket.extensions.get::<Arc<Connection>>()
}

/// How many connections are closed at once so that all are within the spread.
fn batch_size(connections: usize, spread: Duration) -> usize {
    let ticks = spread.as_millis() / TICK.as_millis();
    let ticks = usize::try_from(ticks).unwrap_or(usize::MAX).max(1);
    connections.div_ceil(ticks).max(LEAST_BATCH)
}

/// In no order that has to do with when or where they came from.
fn shuffled(mut sockets: Vec<SocketRef>) -> Vec<SocketRef> {
    let random = RandomState::new();
    sockets.sort_by_cached_key(|socket| random.hash_one(socket.id));
    sockets
}

/// Between half and the whole of a duration: never late, and not in step with other nodes that shut
/// down together.
fn jittered(duration: Duration) -> Duration {
    let percent = 50 + u32::try_from(RandomState::new().hash_one(()) % 51).unwrap_or(0);
    duration * percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_connections_are_closed_within_the_spread_and_few_at_once() {
        let spread = Duration::from_secs(5);
        assert_eq!(batch_size(10_000, spread), 200);
        assert_eq!(batch_size(10_001, spread), 201);
        assert_eq!(batch_size(3, spread), LEAST_BATCH);
        assert_eq!(batch_size(10_000, Duration::ZERO), 10_000);
        assert!(10_000_usize.div_ceil(batch_size(10_000, spread)) <= 50);
    }

    #[test]
    fn a_jittered_wait_is_never_late() {
        for _ in 0..100 {
            let wait = jittered(TICK);
            assert!(wait >= TICK / 2 && wait <= TICK, "{wait:?}");
        }
    }
}

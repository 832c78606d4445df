//! The requests of a connection that can be cancelled.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Connection;

/// What becomes of a request when the client that made it goes, from `on_disconnect = ...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDisconnect {
    /// It is cancelled.
    #[default]
    Cancel,
    /// It goes on: others hear what it sends.
    Finish,
}

/// What a client cancels a request by. Only the connection that made the request can, so it need not
/// be hard to guess, only new: a random part for the process and a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CancelId(Uuid);

impl CancelId {
    fn next() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| Uuid::new_v4().as_u64_pair().0);
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(Uuid::from_u64_pair(*PROCESS, number))
    }
}

impl fmt::Display for CancelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Default)]
pub(super) struct Requests {
    running: Mutex<HashMap<CancelId, CancellationToken>>,
    /// Cancelled when the connection closes, and with it all tokens but those of requests that go on.
    connection: CancellationToken,
}

impl Requests {
    pub(super) fn begin(connection: &Arc<Connection>, end: OnDisconnect) -> Cancellation {
        let requests = &connection.requests;
        let id = CancelId::next();
        let token = match end {
            OnDisconnect::Cancel => requests.connection.child_token(),
            OnDisconnect::Finish => CancellationToken::new(),
        };
        requests.running.lock().insert(id, token.clone());
        Cancellation {
            id,
            token,
            connection: connection.clone(),
        }
    }

    pub(super) fn cancel(&self, id: &str) {
        let Ok(id) = Uuid::try_parse(id) else { return };
        if let Some(token) = self.running.lock().get(&CancelId(id)) {
            token.cancel();
        }
    }

    pub(super) fn close(&self) {
        self.connection.cancel();
    }

    pub(super) async fn closed(&self) {
        self.connection.cancelled().await;
    }
}

/// A request's part in being cancelled; the client can no longer cancel what this was dropped for.
pub(crate) struct Cancellation {
    id: CancelId,
    token: CancellationToken,
    connection: Arc<Connection>,
}

impl Cancellation {
    pub(crate) fn id(&self) -> CancelId {
        self.id
    }

    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }
}

impl Drop for Cancellation {
    fn drop(&mut self) {
        self.connection.requests.running.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_connection_that_made_a_request_can_cancel_it() {
        let own = Connection::for_tests();
        let other = Connection::for_tests();
        let request = own.begin(OnDisconnect::Cancel);
        other.cancel(&request.id().to_string());
        own.cancel("nonsense");
        assert!(!request.token().is_cancelled());
        own.cancel(&request.id().to_string());
        assert!(request.token().is_cancelled());
    }

    #[test]
    fn a_closed_connection_cancels_its_requests_and_those_to_come_but_not_what_goes_on() {
        let connection = Connection::for_tests();
        let before = connection.begin(OnDisconnect::Cancel);
        let goes_on = connection.begin(OnDisconnect::Finish);
        connection.close();
        assert!(before.token().is_cancelled());
        assert!(
            connection
                .begin(OnDisconnect::Cancel)
                .token()
                .is_cancelled()
        );
        assert!(!goes_on.token().is_cancelled());
    }

    #[test]
    fn a_request_that_is_over_is_forgotten() {
        let connection = Connection::for_tests();
        drop(connection.begin(OnDisconnect::Cancel));
        assert!(connection.requests.running.lock().is_empty());
    }
}

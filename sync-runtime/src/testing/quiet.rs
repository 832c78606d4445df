//! Knowing that nothing can come any more.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{sync::Semaphore, time::sleep};

use crate::{connection::Connection, server::Server};

/// How often is looked. Whatever runs has no way to say that it is over.
const LOOK: Duration = Duration::from_millis(1);

/// The connections of a test. One that is gone may have left requests that go on without it.
#[derive(Default)]
pub(super) struct Watched(Vec<Weak<Connection>>);

impl Watched {
    pub(super) fn add(&mut self, connection: &Arc<Connection>) {
        self.0.retain(|one| one.strong_count() > 0);
        self.0.push(Arc::downgrade(connection));
    }

    fn is_busy(&self) -> bool {
        let mut connections = self.0.iter().filter_map(Weak::upgrade);
        connections.any(|connection| connection.is_busy())
    }
}

/// Waits until nothing runs that could deliver something: no request of a connection or over HTTP, and no
/// publication. A request is over when its deliveries are made, which is after its answer.
pub(super) async fn quiet(server: &Server, watched: &parking_lot::Mutex<Watched>) {
    while watched.lock().is_busy() || is_busy(server) {
        sleep(LOOK).await;
    }
}

fn is_busy(server: &Server) -> bool {
    let publications = server.config.max_concurrent_publications;
    let publications = publications.min(Semaphore::MAX_PERMITS);
    !server.shutdown.requests.is_empty() || server.publications.available_permits() < publications
}

/// Waits until a connection has been sent what it was behind in rooms with history.
pub(super) async fn caught_up(connection: &Weak<Connection>) {
    if let Some(connection) = connection.upgrade() {
        drop(connection.turn().await);
    }
}

/// Waits until the server has taken a connection that is closed out of everything.
pub(super) async fn gone(server: &Server, connection: &Weak<Connection>) {
    while connection
        .upgrade()
        .is_some_and(|connection| is_known(server, &connection))
    {
        sleep(LOOK).await;
    }
}

fn is_known(server: &Server, connection: &Connection) -> bool {
    let of_session = connection.session().is_some_and(|session| {
        let connections = server.by_session.connections(session);
        connections.contains(&connection.id())
    });
    of_session || !connection.is_closed() || server.io.get_socket(connection.id()).is_some()
}

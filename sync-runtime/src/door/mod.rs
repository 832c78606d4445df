//! The transports of connections: what they are, and a way to take one from its client.

mod flusher;
mod line;
mod network;
mod queue;
#[cfg(test)]
mod tests;
mod traffic;
mod wire;

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use axum::body::Body;
use dashmap::{DashMap, DashSet};
use http::{Request, header::CONTENT_TYPE};
use socketioxide::{TransportType, socket::Sid};
use tokio::time::{sleep, timeout};
use tower_service::Service;

use crate::below::{SocketIoService, SocketRef};

use self::flusher::Flushers;
pub use self::traffic::SlowReason;
pub(crate) use self::{
    flusher::Batch,
    line::{Line, When},
    network::Network,
    queue::ForBelow,
    wire::Wire,
};

/// How long a session may take to its next poll. Socket.IO's client polls at once.
const NEXT_POLL: Duration = Duration::from_millis(250);
const POLL_CHECK: Duration = Duration::from_millis(5);

/// What is known of the transports of connections.
pub(crate) struct Door {
    below: SocketIoService,
    flushers: Flushers,
    /// The lines of the sessions that began by polling. Of the others only one request ever speaks.
    lines: DashMap<Sid, Weak<Line>>,
    /// The sessions of which a poll waits.
    polled: DashSet<Sid>,
}

impl Door {
    pub(crate) fn new(below: SocketIoService, flush_interval: Duration) -> Self {
        Self {
            below,
            flushers: Flushers::new(flush_interval),
            lines: DashMap::new(),
            polled: DashSet::new(),
        }
    }

    /// What answers the requests that it lets through.
    pub(crate) fn below(&self) -> SocketIoService {
        self.below.clone()
    }

    /// A line for a new session.
    pub(crate) fn new_line(&self) -> Arc<Line> {
        Arc::new(Line::new(self.flushers.next()))
    }

    /// The line of a session that began by polling.
    pub(crate) fn line(&self, id: Sid) -> Option<Arc<Line>> {
        self.lines.get(&id)?.upgrade()
    }

    /// Takes a connection's transport from it, so that its client comes back: see [`Line`].
    pub(crate) async fn close(&self, socket: &SocketRef) {
        match line_of(socket) {
            Some(line) => line.hang_up(),
            // It did not come through this door: better gone for good than there for good.
            None => drop(socket.clone().disconnect()),
        }
        if socket.transport_type() == TransportType::Polling {
            self.close_polling(socket.id).await;
        }
    }

    /// Sends the layer below what a client sends that goes: it ends the session and the poll that
    /// waits.
    async fn close_polling(&self, id: Sid) {
        // A poll that waits has been given all there was to send. Between polls that would be lost.
        let polled = async {
            while !self.polled.contains(&id) {
                sleep(POLL_CHECK).await;
            }
        };
        let _ = timeout(NEXT_POLL, polled).await;
        let uri = format!("/socket.io/?EIO=4&transport=polling&sid={id}");
        let request = Request::post(uri)
            .header(CONTENT_TYPE, "text/plain;charset=UTF-8")
            .body(Body::from("1"));
        if let Ok(request) = request {
            let Ok(_) = self.below.clone().call(request).await;
        }
    }
}

/// A poll that waits.
pub(crate) struct Polled {
    door: Arc<Door>,
    id: Sid,
}

impl Polled {
    pub(crate) fn new(door: &Arc<Door>, id: Sid) -> Self {
        door.polled.insert(id);
        Self {
            door: door.clone(),
            id,
        }
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        self.door.polled.remove(&self.id);
    }
}

/// The line in the request that opened a session, and the session in the table of those that began by
/// polling.
#[derive(Clone)]
pub(crate) struct Opened(Arc<Entry>);

struct Entry {
    line: Arc<Line>,
    door: Weak<Door>,
    id: OnceLock<Sid>,
}

impl Opened {
    pub(crate) fn new(door: &Arc<Door>, line: Arc<Line>) -> Self {
        Self(Arc::new(Entry {
            line,
            door: Arc::downgrade(door),
            id: OnceLock::new(),
        }))
    }

    /// Lists it under the id that the layer below gave the session, for as long as the session is there.
    pub(crate) fn list(&self, id: Sid) {
        if let Some(door) = self.0.door.upgrade()
            && self.0.id.set(id).is_ok()
        {
            door.lines.insert(id, Arc::downgrade(&self.0.line));
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let (Some(door), Some(id)) = (self.door.upgrade(), self.id.get()) {
            door.lines.remove(id);
        }
    }
}

/// The line that a socket speaks through; there is one unless it came past this door.
pub(crate) fn line_of(socket: &SocketRef) -> Option<Arc<Line>> {
    let opened = socket.req_parts().extensions.get::<Opened>();
    opened.map(|opened| opened.0.line.clone())
}

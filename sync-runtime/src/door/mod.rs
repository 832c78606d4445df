//! The transports of connections: what they are, and a way to take one from its client.

mod frames;
mod line;

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use dashmap::{DashMap, DashSet, mapref::entry::Entry};
use http::{Request, header::CONTENT_TYPE};
use socketioxide::{TransportType, extract::SocketRef, service::SocketIoService, socket::Sid};
use tokio::time::{sleep, timeout};
use tower_service::Service;

pub(crate) use self::line::{Line, Wire};

/// How long a session may take to its next poll. Socket.IO's client polls at once.
const NEXT_POLL: Duration = Duration::from_millis(250);
const POLL_CHECK: Duration = Duration::from_millis(5);

/// The layer below; the router has no pages and never hears of a request.
pub(crate) type Below = SocketIoService<Router>;

/// What is known of the transports of connections.
pub(crate) struct Door {
    below: Below,
    /// The web sockets of connections that began by polling. Of the others the request says.
    upgraded: DashMap<Sid, Arc<Line>>,
    /// The sessions of which a poll waits.
    polled: DashSet<Sid>,
}

impl Door {
    pub(crate) fn new(below: Below) -> Self {
        Self {
            below,
            upgraded: DashMap::new(),
            polled: DashSet::new(),
        }
    }

    /// What answers the requests that it lets through.
    pub(crate) fn below(&self) -> Below {
        self.below.clone()
    }

    /// Takes a connection's transport from it, so that its client comes back: see [`Line`].
    pub(crate) async fn close(&self, socket: &SocketRef) {
        match socket.transport_type() {
            TransportType::Websocket => match self.line(socket) {
                Some(line) => line.hang_up(),
                // Not even a web socket of ours: better gone for good than there for good.
                None => drop(socket.clone().disconnect()),
            },
            TransportType::Polling => self.close_polling(socket.id).await,
        }
    }

    fn line(&self, socket: &SocketRef) -> Option<Arc<Line>> {
        let upgraded = self.upgraded.get(&socket.id).map(|line| line.clone());
        upgraded.or_else(|| socket.req_parts().extensions.get::<Arc<Line>>().cloned())
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

/// A web socket in the table of those that began by polling.
pub(crate) struct Listed {
    door: Arc<Door>,
    id: Sid,
}

impl Listed {
    /// `None` if the connection has one already: the layer below refuses a second one.
    pub(crate) fn new(door: &Arc<Door>, id: Sid, line: &Arc<Line>) -> Option<Self> {
        match door.upgraded.entry(id) {
            Entry::Occupied(_) => None,
            Entry::Vacant(vacant) => {
                vacant.insert(line.clone());
                Some(Self {
                    door: door.clone(),
                    id,
                })
            }
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.door.upgraded.remove(&self.id);
    }
}

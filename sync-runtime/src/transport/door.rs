//! The service at `/socket.io/`: the layer below, with a say in who comes in and in when they go.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use dashmap::{DashMap, DashSet, mapref::entry::Entry};
use futures_util::{FutureExt, future::BoxFuture};
use http::{
    HeaderValue, Method, Request, StatusCode,
    header::{CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE},
};
use hyper_util::rt::TokioIo;
use socketioxide::{TransportType, extract::SocketRef, service::SocketIoService, socket::Sid};
use tokio::time::{sleep, timeout};
use tower_service::Service;
use tungstenite::handshake::derive_accept_key;

use super::line::{Line, Wire};
use crate::server::Server;

/// How long a session may take to its next poll. Socket.IO's client polls at once.
const NEXT_POLL: Duration = Duration::from_millis(250);
const POLL_CHECK: Duration = Duration::from_millis(5);

/// The layer below; the router has no pages and never hears of a request.
type Below = SocketIoService<Router>;

/// What is known of the transports of connections.
pub(crate) struct Door {
    below: Below,
    /// The web sockets of connections that began by polling. Of the others the request says.
    upgraded: DashMap<Sid, Arc<Line>>,
    /// The sessions of which a poll waits.
    polled: DashSet<Sid>,
}

impl Door {
    pub(super) fn new(below: Below) -> Self {
        Self {
            below,
            upgraded: DashMap::new(),
            polled: DashSet::new(),
        }
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
struct Polled {
    server: Arc<Server>,
    id: Sid,
}

impl Polled {
    fn new(server: &Arc<Server>, id: Sid) -> Self {
        server.door.polled.insert(id);
        Self {
            server: server.clone(),
            id,
        }
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        self.server.door.polled.remove(&self.id);
    }
}

/// A web socket in the table of those that began by polling.
struct Listed {
    server: Arc<Server>,
    id: Sid,
}

impl Listed {
    /// `None` if the connection has one already: the layer below refuses a second one.
    fn new(server: &Arc<Server>, id: Sid, line: &Arc<Line>) -> Option<Self> {
        match server.door.upgraded.entry(id) {
            Entry::Occupied(_) => None,
            Entry::Vacant(vacant) => {
                vacant.insert(line.clone());
                Some(Self {
                    server: server.clone(),
                    id,
                })
            }
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.server.door.upgraded.remove(&self.id);
    }
}

/// Serves `/socket.io/`.
#[derive(Clone)]
pub(crate) struct DoorService(pub(crate) Arc<Server>);

impl Service<Request<Body>> for DoorService {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let server = self.0.clone();
        async move { Ok(answer(server, request).await) }.boxed()
    }
}

async fn answer(server: Arc<Server>, request: Request<Body>) -> Response {
    let asked = Asked::of(&request);
    if asked.is_first && server.shutdown.has_begun() {
        return turned_away();
    }
    if asked.is_web_socket
        && let Some(key) = request.headers().get(SEC_WEBSOCKET_KEY).cloned()
    {
        return upgrade(server, request, &key, asked.session);
    }
    let is_poll = request.method() == Method::GET;
    let _polled = asked
        .session
        .filter(|_| is_poll)
        .map(|id| Polled::new(&server, id));
    let mut below = server.door.below.clone();
    tokio::select! {
        answer = below.call(request) => {
            let Ok(answer) = answer;
            answer.map(Body::new)
        }
        // A poll would wait until its next ping, and with it whoever waits for open requests.
        () = server.shutdown.is_over() => turned_away(),
    }
}

/// A server that goes refuses connections at their first request and not, as it could, with a Socket.IO
/// refusal: Socket.IO's client tries again after the one and gives up after the other.
fn turned_away() -> Response {
    let text = "the server is shutting down";
    let close = (CONNECTION, HeaderValue::from_static("close"));
    (StatusCode::SERVICE_UNAVAILABLE, [close], text).into_response()
}

/// What a request is for, as far as it matters here; the layer below reads it for itself.
struct Asked {
    /// Whether it opens a session, rather than being one of a session's.
    is_first: bool,
    session: Option<Sid>,
    /// Whether it is to become a web socket, and the layer below would agree.
    is_web_socket: bool,
}

impl Asked {
    fn of(request: &Request<Body>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let value = |key: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
        };
        let id = value("sid");
        let session = id.and_then(|id| id.parse().ok());
        let is_web_socket = request.method() == Method::GET
            && value("EIO") == Some("4")
            && value("transport") == Some("websocket")
            && (id.is_none() || session.is_some());
        Self {
            is_first: id.is_none(),
            session,
            is_web_socket,
        }
    }
}

/// Answers a request to become a web socket, and gives the layer below a [`Wire`] to speak through.
fn upgrade(
    server: Arc<Server>,
    mut request: Request<Body>,
    key: &HeaderValue,
    id: Option<Sid>,
) -> Response {
    let upgraded = hyper::upgrade::on(&mut request);
    let (mut parts, _) = request.into_parts();
    tokio::spawn(async move {
        let Ok(io) = upgraded.await else { return };
        let line = Arc::new(Line::default());
        let listed = id.and_then(|id| Listed::new(&server, id, &line));
        parts.extensions.insert(line.clone());
        let wire = Wire::new(TokioIo::new(io), line, listed);
        let mut below = server.door.below.clone();
        let below: Result<(), _> = below.call((wire, Request::from_parts(parts, ()))).await;
        if let Err(error) = below {
            tracing::debug!(%error, "a web socket was not taken");
        }
    });
    let accept = derive_accept_key(key.as_bytes());
    let headers = [
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
    ];
    (
        StatusCode::SWITCHING_PROTOCOLS,
        headers,
        [(SEC_WEBSOCKET_ACCEPT, accept)],
    )
        .into_response()
}

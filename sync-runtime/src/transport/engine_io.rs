//! The service at `/socket.io/`: the layer below, with a say in who comes in and in when they go.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt, future::BoxFuture};
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
    request::Parts,
};
use serde::Deserialize;
use socketioxide::socket::Sid;
use tokio::time::sleep;
use tower_service::Service;
use tungstenite::handshake::derive_accept_key;

use super::caller::Caller;
use crate::{
    door::{Network, Opened, Polled, Wire},
    server::Server,
};

/// Serves `/socket.io/`.
#[derive(Clone)]
pub(crate) struct EngineIo(pub(crate) Arc<Server>);

impl Service<Request<Body>> for EngineIo {
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
    let (mut parts, body) = request.into_parts();
    let has_body = parts.method == Method::POST;
    let polled = asked.session.filter(|_| parts.method == Method::GET);
    let _polled = polled.map(|id| Polled::new(&server.door, id));
    let opened = asked.is_first.then(|| {
        let opened = Opened::new(&server.door, server.door.new_line());
        parts = opening(&parts, &server, opened.clone());
        opened
    });
    let mut below = server.door.below();
    let answer = tokio::select! {
        answer = below.call(Request::from_parts(parts, body)) => {
            let Ok(answer) = answer;
            answer.map(Body::new)
        }
        () = sleep(server.config.connect_timeout), if has_body => {
            return StatusCode::REQUEST_TIMEOUT.into_response();
        }
        // A poll would wait until its next ping, and with it whoever waits for open requests.
        () = server.shutdown.is_over() => return turned_away(),
    };
    if let Some(opened) = opened {
        return read(answer, |body| {
            if let Some(id) = session_of(body) {
                opened.list(id);
            }
        })
        .await;
    }
    match polled.and_then(|id| server.door.line(id)) {
        Some(line) => read(answer, |body| line.polled(body)).await,
        None => answer,
    }
}

/// What the layer below is told of a request that opens a session. It keeps that for as long as the session
/// lives: so there are no headers in it, and no part of the buffer that the request was read into, which
/// would be kept with it and has 16 KiB.
fn opening(parts: &Parts, server: &Server, opened: Opened) -> Parts {
    let (mut opening, ()) = Request::new(()).into_parts();
    opening.method = parts.method.clone();
    let copy = parts.uri.to_string().parse();
    opening.uri = copy.unwrap_or_else(|_| parts.uri.clone());
    opening.extensions.insert(Caller::of(parts, server));
    opening.extensions.insert(opened);
    opening
}

/// Reads the body of an answer of the layer below, which has it whole, before it goes out.
async fn read(answer: Response, reader: impl FnOnce(&[u8])) -> Response {
    let (parts, body) = answer.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(body) => {
            reader(&body);
            Response::from_parts(parts, Body::from(body))
        }
        Err(error) => {
            tracing::error!(%error, "an answer of the layer below could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The session that an answer opens: `0{"sid":"...",...}`.
fn session_of(body: &[u8]) -> Option<Sid> {
    #[derive(Deserialize)]
    struct Handshake<'a> {
        sid: &'a str,
    }
    let handshake: Handshake<'_> = serde_json::from_slice(body.strip_prefix(b"0")?).ok()?;
    handshake.sid.parse().ok()
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
            && is_upgrade(request.headers())
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

/// Whether a request asks to become a web socket, as RFC 6455 has it in section 4.2.1.
fn is_upgrade(headers: &HeaderMap) -> bool {
    let has = |name, wanted: &str| {
        let values = headers.get_all(name).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        let mut values = values.flat_map(|value| value.split(','));
        values.any(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    has(CONNECTION, "upgrade") && has(UPGRADE, "websocket") && has(SEC_WEBSOCKET_VERSION, "13")
}

/// Answers a request to become a web socket, and gives the layer below a [`Wire`] to speak through.
fn upgrade(
    server: Arc<Server>,
    mut request: Request<Body>,
    key: &HeaderValue,
    id: Option<Sid>,
) -> Response {
    let upgraded = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    // The layer below refuses whoever names a session that there is not.
    let line = id.and_then(|id| server.door.line(id));
    let line = line.unwrap_or_else(|| server.door.new_line());
    tokio::spawn(async move {
        let Ok(io) = upgraded.await else { return };
        let network = Network::of(io);
        let wire = match id {
            Some(_) => Wire::after_polls(network, &line),
            None => Wire::new(network, &line),
        };
        let Some(wire) = wire else { return };
        let opened = Opened::new(&server.door, line);
        let opening = Request::from_parts(opening(&parts, &server, opened), ());
        drop(parts);
        let below: Result<(), _> = server.door.below().call((wire, opening)).await;
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

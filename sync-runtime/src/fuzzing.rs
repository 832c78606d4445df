//! The parsers of what a peer sends, for the fuzz targets in `fuzz/`. No part of the public interface.

use std::net::{Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use futures_util::FutureExt;
use http::request::Parts;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use crate::transport::fuzzing::ReadEvent;
use crate::{
    Config, SessionUser, Sessions,
    handler::reader::{Unfit, read_strictly},
    limits::{Address, TrustedProxies},
    packet::frames::Frames,
    pipeline::shape::shape_named,
    route::RouteName,
    transport,
};

/// What is known of the bytes of one direction of a web socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    /// Whether a new message can begin now.
    pub is_between_messages: bool,
    /// How many bytes of them are payload.
    pub payload: usize,
    /// How many payloads have begun, and how many have ended.
    pub begun: usize,
    /// See [`begun`](Self::begun).
    pub ended: usize,
}

/// Follows bytes that come one piece after the other.
pub fn follow<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Followed {
    let mut frames = Frames::default();
    let mut followed = Followed::default();
    for piece in pieces {
        frames.follow(piece, |shown| {
            followed.payload += shown.bytes.len();
            followed.begun += usize::from(shown.begins);
            followed.ended += usize::from(shown.ends);
        });
    }
    followed.is_between_messages = frames.are_between_messages();
    followed
}

/// Reads the JSON of an event, `["<event>", <payload>]`.
pub fn event(json: &str) -> ReadEvent {
    transport::fuzzing::read(json)
}

/// Whether it is the body of a request over HTTP, for the route of a path.
pub fn is_request(path: &str, body: &str) -> bool {
    RouteName::parse(path).is_ok() && shape_named(path, body).is_ok()
}

/// What the headers of a handshake or a request are taken for.
#[derive(Debug)]
pub struct ReadHeaders {
    /// Whether they name a session, which there is none.
    pub has_session: bool,
    /// Whether they come from a page that may use the server.
    pub is_allowed: bool,
    /// Whether they say of a trusted proxy where the request came from.
    pub has_address: bool,
}

/// Reads the headers of a request that a proxy has passed on.
pub fn headers(mut parts: Parts) -> ReadHeaders {
    let proxy = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    parts.extensions.insert(ConnectInfo(proxy));
    let trusted = TrustedProxies::new(vec![proxy.ip().into()]);
    let sessions = Sessions::<Nobody>::in_memory().bearer(true);
    let found = sessions.from_headers(&parts.headers).now_or_never();
    ReadHeaders {
        has_session: !matches!(found, Some(Ok(None))),
        is_allowed: transport::fuzzing::is_allowed(&Config::default(), &parts),
        has_address: Address::of(&parts, &trusted).is_some(),
    }
}

/// What an input in which no field may be unknown is.
#[derive(Debug)]
pub enum ReadInput<T> {
    /// It fits.
    Fits(T),
    /// It does not have the shape.
    DoesNotFit,
    /// It has a field that the type does not know.
    UnknownField,
}

/// Reads an input as that of a handler is read.
pub fn input<T: DeserializeOwned>(json: &str) -> ReadInput<T> {
    match read_strictly(json) {
        Ok(input) => ReadInput::Fits(input),
        Err(Unfit::Shape { .. }) => ReadInput::DoesNotFit,
        Err(Unfit::UnknownField(_)) => ReadInput::UnknownField,
    }
}

#[derive(Serialize, Deserialize)]
struct Nobody;

impl SessionUser for Nobody {
    fn user_id(&self) -> &'static str {
        ""
    }
}

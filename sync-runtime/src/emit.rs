//! Sending an event to one socket.

use std::fmt;

use futures_util::FutureExt;
use serde::Serialize;
use socketioxide::{BroadcastError, SendError, SocketError, extract::SocketRef};

use crate::{room::RoomCode, rooms::emit_name};

/// Why an event was not sent.
#[derive(Debug)]
pub(crate) enum Unsent {
    Socket(SendError),
    Room(BroadcastError),
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(error) => error.fmt(f),
            Self::Room(error) => error.fmt(f),
        }
    }
}

/// Sends an event to a socket, from the moment its client knows that it is connected.
///
/// The layer below tells the client so and only then counts the socket as connected; an emit in
/// between fails, and with it the answer to a client's first event (seen: 26 of 600 on a busy
/// machine). Its emits to rooms do not look at that, and every socket is alone in a room of its own.
pub(crate) fn emit(socket: &SocketRef, event: &str, data: &impl Serialize) -> Result<(), Unsent> {
    match socket.emit(event, data) {
        Err(SendError::Socket(SocketError::Closed)) => {
            let alone = emit_name(&RoomCode::of_connection(socket.id));
            // On this node alone there is nothing to wait for.
            let sent = socket.within(alone).emit(event, data).now_or_never();
            sent.unwrap_or(Ok(())).map_err(Unsent::Room)
        }
        sent => sent.map_err(Unsent::Socket),
    }
}

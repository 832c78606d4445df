//! The names of rooms.

use std::{fmt, sync::Arc};

use socketioxide::socket::Sid;

use crate::error::Refusal;

/// The longest room name in bytes. Room names travel with every request and are keys of the room
/// table, so they are kept to the size of a name.
pub const MAX_ROOM_BYTES: usize = 256;

/// The name of a room, such as `board:demo`: not empty and at most [`MAX_ROOM_BYTES`] long.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomCode(Arc<str>);

impl RoomCode {
    pub(crate) fn parse(name: &str) -> Result<Self, Refusal> {
        match name.len() {
            0 => Err(Refusal::MissingReceiver),
            1..=MAX_ROOM_BYTES => Ok(Self(name.into())),
            _ => Err(Refusal::TooLarge),
        }
    }

    /// The room that a connection has for itself.
    pub(crate) fn of_connection(id: Sid) -> Self {
        Self(id.as_str().into())
    }

    /// Whether it is the room that a connection has for itself.
    pub(crate) fn is_of(&self, connection: Option<Sid>) -> bool {
        connection.is_some_and(|id| id.as_str() == self.as_str())
    }

    /// The name as the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl serde::Serialize for RoomCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

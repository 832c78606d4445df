//! What members hear when deliveries are missing, or may be.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use crate::{connection::Connection, history::Offset, observe, room::RoomCode, server::Server};

const EVENT: &str = "sync-gap";

/// Another node has a route that this version of the app does not know.
pub(crate) const UNKNOWN_ROUTE: &str = "unknownRoute";

/// What a member is told.
#[derive(Serialize)]
pub(crate) struct Gap<'a> {
    /// Of which rooms; none where it is a stream to the user.
    pub(crate) rooms: &'a [RoomCode],
    pub(crate) reason: &'static str,
    /// Where it is about routes with history: from where the connection goes on in each room.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) offsets: BTreeMap<&'a RoomCode, &'a Offset>,
}

impl Gap<'_> {
    /// Tells all members of a room.
    #[cfg(feature = "redis")]
    pub(crate) fn tell_room(&self, server: &Arc<Server>, room: &RoomCode) {
        observe::gap(self.reason);
        server.emit_to_room(room, None, EVENT, self);
    }

    /// Tells those that a room's feed sends to.
    pub(crate) fn tell_live(&self, server: &Arc<Server>, room: &RoomCode) {
        observe::gap(self.reason);
        server.emit_to_live(room, None, EVENT, self);
    }

    /// Tells one connection. Who calls this counts.
    pub(crate) fn tell(&self, server: &Arc<Server>, connection: &Arc<Connection>) {
        server.emit(connection, EVENT, self);
    }
}

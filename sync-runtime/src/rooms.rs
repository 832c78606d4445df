//! Who is where: the members of each room on this node.

use std::{collections::HashMap, sync::Arc};

use dashmap::{DashMap, mapref::entry::Entry};
use socketioxide::{extract::SocketRef, socket::Sid};

use crate::{connection::Connection, room::RoomCode, session::SessionKey};

/// The members of each room. A room is there as long as somebody is in it.
#[derive(Default)]
pub(crate) struct Rooms {
    members: DashMap<RoomCode, HashMap<Sid, Arc<Connection>>>,
}

impl Rooms {
    /// Makes a connection a member of a room; `false` when it was in it already.
    pub(crate) fn join(
        &self,
        connection: &Arc<Connection>,
        socket: &SocketRef,
        room: &RoomCode,
    ) -> bool {
        if !connection.note_joined(room) {
            return false;
        }
        self.members
            .entry(room.clone())
            .or_default()
            .insert(connection.id(), connection.clone());
        socket.join(emit_name(room));
        // It may have gone while its session was being asked: the layer below has forgotten its socket
        // by then, and would keep the name of the room for it for ever.
        if connection.is_closed() {
            self.leave(connection, socket, room);
        }
        true
    }

    /// Takes a connection out of a room.
    pub(crate) fn leave(&self, connection: &Connection, socket: &SocketRef, room: &RoomCode) {
        socket.leave(emit_name(room));
        connection.note_left(room);
        self.remove(connection, room);
    }

    /// Takes a connection that is gone out of all its rooms; its socket has left by itself.
    pub(crate) fn forget(&self, connection: &Connection) {
        for room in connection.leave_all() {
            self.remove(connection, &room);
        }
    }

    fn remove(&self, connection: &Connection, room: &RoomCode) {
        if let Entry::Occupied(mut members) = self.members.entry(room.clone()) {
            members.get_mut().remove(&connection.id());
            if members.get().is_empty() {
                members.remove();
            }
        }
    }

    /// How many connections on this node a delivery to the room reaches.
    pub(crate) fn count(&self, room: &RoomCode, except: Option<&SessionKey>) -> usize {
        let Some(members) = self.members.get(room) else {
            return 0;
        };
        if except.is_none() {
            return members.len();
        }
        let reached = |member: &&Arc<Connection>| member.session() != except;
        members.values().filter(reached).count()
    }

    /// Whether nobody on this node is in the room.
    pub(crate) fn is_empty(&self, room: &RoomCode) -> bool {
        !self.members.contains_key(room)
    }

    /// The connections that a delivery to the room reaches on this node.
    pub(crate) fn recipients(
        &self,
        room: &RoomCode,
        except: Option<&SessionKey>,
    ) -> Vec<Arc<Connection>> {
        let Some(members) = self.members.get(room) else {
            return Vec::new();
        };
        members
            .values()
            .filter(|member| except.is_none() || member.session() != except)
            .cloned()
            .collect()
    }
}

/// A room's name in the layer below, apart from those of sessions: a client chooses the names of
/// rooms and must not reach another's session by one.
pub(crate) fn emit_name(room: &RoomCode) -> String {
    format!("r:{room}")
}

/// The name in the layer below of all connections of a session.
pub(crate) fn session_emit_name(session: &SessionKey) -> String {
    format!("s:{}", session.as_str())
}

//! The end of memberships that their clients did not ask for.

use std::sync::Arc;

use serde::Serialize;

use crate::{
    Failure,
    below::SocketRef,
    cluster::{Said, Topic},
    connection::Connection,
    hooks::PostRoomLeave,
    room::RoomCode,
    server::Server,
    session::SessionKey,
};

/// Tells a client that it is no longer in a room.
const EVENT: &str = "sync-room-left";

/// Who is taken out of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member<'a> {
    /// A user, with all sessions and connections.
    User(&'a str),
    /// A session, with all its connections.
    Session(&'a SessionKey),
}

#[derive(Serialize)]
struct Left<'a> {
    room: &'a RoomCode,
}

/// Takes a member out of a room, on all nodes and for good.
pub(crate) async fn remove(
    server: &Arc<Server>,
    member: Member<'_>,
    room: &RoomCode,
) -> Result<(), Failure> {
    let (topic, sessions) = match member {
        Member::Session(key) => (Topic::Session(key.clone()), vec![key.clone()]),
        Member::User(id) => {
            let sessions = server.sessions.of_user(id).await;
            (Topic::User(id.into()), sessions.map_err(Failure::internal)?)
        }
    };
    // First of all it must not come back by itself.
    for key in &sessions {
        let left = server.sessions.leave(key, room).await;
        left.map_err(Failure::internal)?;
    }
    end_all(server, &server.connections_on(&topic), room).await;
    let said = Said::Leave(room.as_str().into());
    Ok(server.cluster.tell(&topic, &said).await?)
}

/// Takes connections out of a room and tells their clients.
pub(crate) async fn end_all(
    server: &Arc<Server>,
    connections: &[Arc<Connection>],
    room: &RoomCode,
) {
    for connection in connections {
        let socket = server.io.get_socket(connection.id());
        if let Some(socket) = socket.filter(|_| connection.is_member(room))
            && room != connection.own_room()
        {
            end(server, connection, &socket, room).await;
            server.emit(connection, EVENT, &Left { room });
        }
    }
}

/// Takes a connection out of a room.
pub(crate) async fn end(
    server: &Server,
    connection: &Connection,
    socket: &SocketRef,
    room: &RoomCode,
) {
    server.leave(connection, socket, room);
    let after = || PostRoomLeave {
        visitor: connection.visitor().clone(),
        room: room.clone(),
    };
    let hooks = &server.hooks.post_leave;
    hooks.tell(server.config.hook_timeout, after).await;
}

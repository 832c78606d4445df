//! How memberships of rooms begin, and how those end that their clients did not ask to.

use std::{collections::HashSet, sync::Arc};

use serde::Serialize;

use crate::{
    Failure,
    cluster::{Said, Topic},
    connection::Connection,
    hooks::PostRoomLeave,
    room::RoomCode,
    rooms::Joined,
    server::Server,
    session::{AnySession, SessionKey, SessionStoreError},
    wire,
};

/// Tells a client that it is no longer in a room.
const EVENT: &str = "sync-room-left";

/// Who is taken out of a room.
// Not an enum for all to see: compilers would then call the `User` of every app `app::User`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a>(Who<'a>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who<'a> {
    User(&'a str),
    Session(&'a SessionKey),
}

impl<'a> Member<'a> {
    /// A user, with all sessions and connections.
    #[must_use]
    pub fn user(id: &'a str) -> Self {
        Self(Who::User(id))
    }

    /// A session, with all its connections.
    #[must_use]
    pub fn session(key: &'a SessionKey) -> Self {
        Self(Who::Session(key))
    }
}

#[derive(Serialize)]
struct Left<'a> {
    room: &'a RoomCode,
}

/// Makes a connection a member of a room, and brings it to where the streams that run there are.
pub(crate) fn join(server: &Arc<Server>, connection: &Arc<Connection>, room: &RoomCode) {
    let mut joined = Joined::Already;
    server.replays.join(
        room,
        || {
            joined = server.rooms.join(connection, room);
            joined
        },
        |frame| {
            server.emit(connection, wire::DELIVERIES, &frame);
        },
    );
    if joined == Joined::First {
        server.replays.want_when_hosted(room);
    }
    server.presence.enter(connection, room);
}

/// Makes a connection a member of a room while its client is not told yet that it is connected, and
/// could hear nothing: [`catch_up`] is to follow.
pub(crate) fn join_unheard(server: &Arc<Server>, connection: &Arc<Connection>, room: &RoomCode) {
    connection.note_behind(room);
    if server.rooms.join(connection, room) == Joined::First {
        server.replays.forget_others(room);
        server.replays.want_when_hosted(room);
    }
    server.presence.enter(connection, room);
}

/// Brings a connection to where the streams of the rooms are that it has joined unheard. Until then it
/// gets no frame of a stream that is replayed, for what came before it would be missing.
pub(crate) fn catch_up(server: &Arc<Server>, connection: &Arc<Connection>) {
    for room in connection.rooms_behind() {
        server.replays.join(
            &room,
            || {
                if connection.note_caught_up(&room) {
                    Joined::Another
                } else {
                    Joined::Already
                }
            },
            |frame| {
                server.emit(connection, wire::DELIVERIES, &frame);
            },
        );
    }
}

/// Looks again whether the session of a connection is in rooms that it has been made a member of, and ends the
/// memberships of others. Gives those that it is in.
///
/// Who was [removed](remove) between a first look and the membership was not found, and is not to stay. The user of the
/// connection has to be hosted by now, so that later removals find it.
pub(crate) async fn confirm(
    server: &Arc<Server>,
    connection: &Connection,
    rooms: &[RoomCode],
) -> Result<Vec<RoomCode>, SessionStoreError> {
    let Some(key) = connection.session().filter(|_| !rooms.is_empty()) else {
        return Ok(Vec::new());
    };
    let session = server.sessions.peek(key).await?;
    let its_rooms: HashSet<_> = session.iter().flat_map(AnySession::rooms).collect();
    let rooms = rooms.iter().cloned();
    let (kept, lost): (Vec<_>, Vec<_>) = rooms.partition(|room| its_rooms.contains(room));
    for room in &lost {
        end(server, connection, room).await;
    }
    Ok(kept)
}

/// Takes a member out of a room, on all nodes and for good.
pub(crate) async fn remove(
    server: &Arc<Server>,
    member: Member<'_>,
    room: &RoomCode,
) -> Result<(), Failure> {
    let (topic, sessions) = match member.0 {
        Who::Session(key) => (Topic::Session(key.clone()), vec![key.clone()]),
        Who::User(id) => {
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
        if connection.is_member(room) && room != connection.own_room() {
            end(server, connection, room).await;
            server.emit(connection, EVENT, &Left { room });
        }
    }
}

/// Takes a connection out of a room.
pub(crate) async fn end(server: &Server, connection: &Connection, room: &RoomCode) {
    server.leave(connection, room);
    let after = || PostRoomLeave {
        visitor: connection.visitor().clone(),
        room: room.clone(),
    };
    let hooks = &server.hooks.post_leave;
    hooks.tell(server.config.hook_timeout, after).await;
}

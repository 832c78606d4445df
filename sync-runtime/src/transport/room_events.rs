//! The events `joinRoom`, `leaveRoom` and `getJoinedRooms`.

use std::sync::Arc;

use serde::Deserialize;
use socketioxide::socket::Sid;

use super::event::{Payload, ReplyTo};
use crate::{
    Failure,
    cluster::Topic,
    connection::Connection,
    error::Refusal,
    feed,
    hooks::{PostRoomJoin, PostRoomLeave, PreRoomJoin, PreRoomLeave},
    membership,
    pipeline::{EVERYBODY, contained},
    room::RoomCode,
    server::Server,
    session::SessionKey,
    wire::JoinedRooms,
};

#[derive(Deserialize)]
struct RoomPacket {
    group: String,
}

/// Reads the room that a packet names.
pub(super) fn room(reply: &ReplyTo, payload: &Payload) -> Result<RoomCode, Refusal> {
    reply.indexed()?;
    let packet: RoomPacket = payload.object().ok_or(Refusal::InvalidRequest)?;
    match packet.group.as_str() {
        "" => Err(Refusal::InvalidRequest),
        group => RoomCode::parse(group),
    }
}

/// A change of a membership.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// `joinRoom`
    Join,
    /// `leaveRoom`
    Leave,
}

impl Change {
    fn event(self) -> &'static str {
        match self {
            Self::Join => "joinRoom",
            Self::Leave => "leaveRoom",
        }
    }
}

/// Changes a membership when it is its turn among all that this connection sends to the room, and
/// answers with the rooms it is in then.
pub(super) fn change(
    change: Change,
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    payload: &Payload,
) {
    let reply = ReplyTo::of(change.event(), payload);
    let room = match room(&reply, payload) {
        Ok(room) => room,
        Err(refusal) => {
            return reply.refuse(server, connection, refusal);
        }
    };
    let place = match connection.reserve(room.as_str().len(), server.config.queue_bounds()) {
        Ok(place) => place,
        Err(refusal) => return reply.refuse(server, connection, refusal),
    };
    let (server, connection) = (server.clone(), connection.clone());
    place.enqueue(room.as_str().into(), async move {
        let changing = async {
            match change {
                Change::Join => join(&server, &connection, &room).await,
                Change::Leave => leave(&server, &connection, &room).await,
            }
        };
        let rooms = contained(changing).await.map(|()| JoinedRooms {
            rooms: connection.joined_rooms(),
            offsets: match change {
                // Not those of the others, which it was told of: they can be a thousand.
                Change::Join => feed::offsets(&server, &connection, vec![room]),
                Change::Leave => None,
            },
        });
        reply.answer(&server, &connection, rooms);
    });
}

/// Joins a room, for this connection now and for the session's later ones.
async fn join(
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    room: &RoomCode,
) -> Result<(), Failure> {
    let session = session(connection)?;
    if is_reserved(server, room) {
        return Err(Refusal::JoinBlocked.into());
    }
    let limit = server.config.hook_timeout;
    let visitor = || connection.visitor().clone();
    let before = || PreRoomJoin {
        visitor: visitor(),
        room: room.clone(),
    };
    server.hooks.pre_join.ask(limit, before).await?;

    let left = server.sessions.join(session, room.clone()).await;
    let left = left.map_err(Failure::internal)?;
    give_up(server, connection, left.ok_or(Refusal::NoSession)?).await;
    membership::join(server, connection, room);
    // What other nodes say after the answer is heard.
    server.cluster.hosted(&Topic::Room(room.clone())).await;
    let rooms = std::slice::from_ref(room);
    match membership::confirm(server, connection, rooms).await {
        // It was left again: removed, or the oldest of too many. The answer tells the rooms without it.
        Ok(kept) if kept.is_empty() => return Ok(()),
        Ok(_) => {}
        Err(error) => {
            membership::end(server, connection, room).await;
            return Err(Failure::internal(error));
        }
    }
    feed::enter(server, connection, rooms).await;
    feed::go_live_in(server, connection, vec![room.clone()]);
    // What another connection of the session joined may have taken a room from the session that this
    // one is still in.
    let beyond = connection.rooms_beyond(server.sessions.max_rooms());
    give_up(server, connection, beyond).await;
    let after = || PostRoomJoin {
        visitor: visitor(),
        room: room.clone(),
    };
    server.hooks.post_join.tell(limit, after).await;
    Ok(())
}

/// Leaves rooms to stay within the number of rooms that there may be.
async fn give_up(server: &Server, connection: &Connection, rooms: Vec<RoomCode>) {
    for room in rooms {
        if !connection.is_member(&room) {
            continue;
        }
        membership::end(server, connection, &room).await;
    }
}

/// Leaves a room, for this connection now and for the session's later ones.
async fn leave(server: &Server, connection: &Connection, room: &RoomCode) -> Result<(), Failure> {
    let session = session(connection)?;
    let limit = server.config.hook_timeout;
    let visitor = || connection.visitor().clone();
    let before = || PreRoomLeave {
        visitor: visitor(),
        room: room.clone(),
    };
    server.hooks.pre_leave.ask(limit, before).await?;

    let is_known = server.sessions.leave(session, room).await;
    if !is_known.map_err(Failure::internal)? {
        return Err(Refusal::NoSession.into());
    }
    if room != connection.own_room() {
        server.leave(connection, room);
    }
    let after = || PostRoomLeave {
        visitor: visitor(),
        room: room.clone(),
    };
    server.hooks.post_leave.tell(limit, after).await;
    Ok(())
}

/// Tells the rooms of this connection; an anonymous one has none.
pub(super) fn list(server: &Arc<Server>, connection: &Arc<Connection>, payload: &Payload) {
    let reply = ReplyTo::of("getJoinedRooms", payload);
    let rooms = reply.indexed().map(|()| {
        let rooms = connection.joined_rooms();
        JoinedRooms {
            offsets: feed::offsets(server, connection, rooms.clone()),
            rooms,
        }
    });
    reply.answer(server, connection, rooms.map_err(Failure::from));
}

fn session(connection: &Connection) -> Result<&SessionKey, Refusal> {
    connection.session().ok_or(Refusal::NoSession)
}

/// Whether a name cannot be that of a room to join: it means everybody, or it is the room that
/// another connection has for itself.
fn is_reserved(server: &Server, room: &RoomCode) -> bool {
    let connection = room.as_str().parse::<Sid>().ok();
    room.as_str() == EVERYBODY || connection.is_some_and(|id| server.io.get_socket(id).is_some())
}

//! The event `resume`: a client that has come back asks for what it missed.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::event::{Payload, ReplyTo};
use crate::{
    Failure,
    connection::Connection,
    error::Refusal,
    feed::{CaughtUp, Lost, catch_up},
    history::Offset,
    observe,
    pipeline::contained,
    room::RoomCode,
    server::Server,
};

const EVENT: &str = "resume";

/// In the order of its names no request runs: no room is called so.
const LANE: &str = "";

#[derive(Deserialize)]
struct Packet {
    rooms: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Answer {
    rooms: BTreeMap<RoomCode, Resumed>,
}

/// What became of one room.
#[derive(Serialize)]
struct Resumed {
    recovered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Lost>,
    /// From where the connection goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<Offset>,
}

impl From<CaughtUp> for Resumed {
    fn from(caught_up: CaughtUp) -> Self {
        match caught_up {
            CaughtUp::Recovered { count } => Self {
                recovered: true,
                count: Some(count),
                reason: None,
                offset: None,
            },
            CaughtUp::Lost { reason, offset } => Self {
                recovered: false,
                count: None,
                reason: Some(reason),
                offset,
            },
        }
    }
}

/// Takes in what a client wants to resume, and sends it that, room by room.
pub(super) fn receive(server: &Arc<Server>, connection: &Arc<Connection>, payload: &Payload) {
    let reply = ReplyTo::of(EVENT, payload);
    let rooms = match rooms(server, &reply, payload) {
        Ok(rooms) => rooms,
        Err(refusal) => return reply.refuse(server, connection, refusal),
    };
    let bytes = payload.json().len();
    let place = match connection.reserve(bytes, server.config.queue_bounds()) {
        Ok(place) => place,
        Err(refusal) => return reply.refuse(server, connection, refusal),
    };
    // Taken before anything that the client says next can take it.
    let turn = connection.turn();
    let (server, connection) = (server.clone(), connection.clone());
    place.enqueue(LANE.into(), async move {
        let _turn = turn.await;
        let resumed = contained(resume(&server, &connection, rooms)).await;
        reply.answer(&server, &connection, resumed);
    });
}

/// Reads the rooms of a packet and their offsets.
fn rooms(
    server: &Server,
    reply: &ReplyTo,
    payload: &Payload,
) -> Result<Vec<(RoomCode, Offset)>, Refusal> {
    reply.indexed()?;
    let packet: Packet =
        serde_json::from_str(payload.json()).map_err(|_| Refusal::InvalidRequest)?;
    if packet.rooms.len() > server.sessions.max_rooms() {
        return Err(Refusal::TooLarge);
    }
    let read = |(room, offset): (String, String)| match room.as_str() {
        "" => Err(Refusal::InvalidRequest),
        room => {
            let offset = Offset::parse(&offset).ok_or(Refusal::InvalidRequest)?;
            Ok((RoomCode::parse(room)?, offset))
        }
    };
    packet.rooms.into_iter().map(read).collect()
}

async fn resume(
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    rooms: Vec<(RoomCode, Offset)>,
) -> Result<Answer, Failure> {
    if let Some(key) = connection.session() {
        let session = server.sessions.find(key).await.map_err(Failure::internal)?;
        session.ok_or(Refusal::NoSession)?;
    }
    let mut resumed = BTreeMap::new();
    for (room, offset) in rooms {
        let caught_up = catch_up(server, connection, &room, Some(offset)).await?;
        observe::resumed(match &caught_up {
            CaughtUp::Recovered { .. } => "recovered",
            CaughtUp::Lost { reason, .. } => reason.as_str(),
        });
        resumed.insert(room, caught_up.into());
    }
    Ok(Answer { rooms: resumed })
}

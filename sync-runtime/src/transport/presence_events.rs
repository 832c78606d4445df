//! The events `watchPresence` and `unwatchPresence`: whether a client is told who is in a room with it.

use std::sync::Arc;

use serde::Serialize;

use super::{
    event::{Payload, ReplyTo},
    room_events::room,
};
use crate::{connection::Connection, presence::Watcher, server::Server};

/// What a client wants.
#[derive(Clone, Copy)]
pub(super) enum Wish {
    /// `watchPresence`
    Watch,
    /// `unwatchPresence`
    Unwatch,
}

impl Wish {
    fn event(self) -> &'static str {
        match self {
            Self::Watch => "watchPresence",
            Self::Unwatch => "unwatchPresence",
        }
    }
}

/// There is nothing to say.
#[derive(Serialize)]
struct Done {}

/// Does what a client wants when it is its turn among all that it sends to the room: a join before it
/// is over then.
pub(super) fn receive(
    wish: Wish,
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    payload: &Payload,
) {
    let reply = ReplyTo::of(wish.event(), payload);
    let room = match room(&reply, payload) {
        Ok(room) => room,
        Err(refusal) => return reply.refuse(server, connection, refusal),
    };
    let place = match connection.reserve(room.as_str().len(), server.config.queue_bounds()) {
        Ok(place) => place,
        Err(refusal) => return reply.refuse(server, connection, refusal),
    };
    let (server, connection) = (server.clone(), connection.clone());
    place.enqueue(room.as_str().into(), async move {
        match wish {
            Wish::Watch => {
                let watcher = Watcher {
                    server: Arc::downgrade(&server),
                    connection: connection.clone(),
                    answer_on: reply.event().into(),
                };
                if let Err(refusal) = server.presence.watch(&room, watcher) {
                    reply.refuse(&server, &connection, refusal);
                }
            }
            Wish::Unwatch => {
                server.presence.unwatch(&room, &connection);
                reply.answer(&server, &connection, Ok(Done {}));
            }
        }
    });
}

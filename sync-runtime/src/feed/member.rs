//! A connection's part in the order of its rooms, from joining one to leaving it.
//!
//! Whoever joins a room is live in it as soon as the feed gets to it. A connection that finds its
//! rooms again, because they are those of its session, waits first: its client may want to resume
//! them. When it says something else, or nothing for a while, it is sent what was recorded since it
//! came.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::OwnedMutexGuard, time::sleep};

use super::{CaughtUp, catch_up};
use crate::{
    connection::Connection, door::SlowReason, history::Offset, room::RoomCode, server::Server,
};

/// How soon the log is asked again that did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// Makes a connection that has joined rooms a member of their order, from now on. It is behind: what is
/// recorded from now on will be sent to it when it is made live.
pub(crate) async fn enter(server: &Server, connection: &Arc<Connection>, rooms: &[RoomCode]) {
    let history = &server.history;
    if !history.is_used || rooms.is_empty() {
        return;
    }
    let heads = history.log.heads(rooms).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a room was joined without its place in the order");
        Vec::new()
    });
    let mut heads = heads.into_iter();
    for room in rooms {
        history.feeds.enter(room, connection, heads.next());
        // It may have left again in between.
        if connection.is_closed() || !connection.is_member(room) {
            history.feeds.leave(room, connection.id());
        }
    }
}

/// Makes a connection live in the rooms that it found, unless its client resumes them before the time
/// for that is over.
pub(crate) fn await_resume(server: &Arc<Server>, connection: &Arc<Connection>) {
    if !server.history.is_used || connection.joined_rooms().is_empty() {
        return;
    }
    let (server, connection) = (server.clone(), connection.clone());
    tokio::spawn(async move {
        sleep(server.config.history_grace).await;
        go_live(&server, &connection);
    });
}

/// Makes a connection live in the rooms that it found, once: its client goes on without resuming.
pub(crate) fn go_live(server: &Arc<Server>, connection: &Arc<Connection>) {
    if server.history.is_used && connection.goes_on() {
        let rooms = connection.joined_rooms();
        go_live_in(server, connection, rooms);
    }
}

/// Makes a connection live in rooms, as soon as nothing else catches up for it.
pub(crate) fn go_live_in(server: &Arc<Server>, connection: &Arc<Connection>, rooms: Vec<RoomCode>) {
    if !server.history.is_used || rooms.is_empty() {
        return;
    }
    let turn = connection.turn();
    let (server, connection) = (server.clone(), connection.clone());
    tokio::spawn(async move {
        let _turn: OwnedMutexGuard<()> = turn.await;
        for room in rooms {
            bring_up(&server, &connection, &room).await;
        }
    });
}

/// Makes a connection live in a room where it is. What was recorded since it came and is no longer
/// kept would be a gap in an open connection; so it is closed, and its client hears why.
async fn bring_up(server: &Arc<Server>, connection: &Arc<Connection>, room: &RoomCode) {
    while !connection.is_closed() {
        let standing = server.history.feeds.standing(room, connection.id());
        if standing.is_none_or(|standing| standing.is_live) {
            return;
        }
        match catch_up(server, connection, room, None).await {
            Ok(CaughtUp::Lost {
                offset: Some(_), ..
            }) => {
                return server.evict(connection, SlowReason::Missed);
            }
            Ok(CaughtUp::Recovered { .. } | CaughtUp::Lost { .. }) => return,
            Err(error) => {
                tracing::warn!(%room, %error, "a connection waits to hear a room with history");
                sleep(RETRY).await;
            }
        }
    }
}

/// From where rooms of a connection can be resumed: all up to there it has been sent. `None` in an app
/// without history.
pub(crate) fn offsets(
    server: &Server,
    connection: &Connection,
    rooms: Vec<RoomCode>,
) -> Option<BTreeMap<RoomCode, Offset>> {
    let feeds = &server.history.feeds;
    let offset = |room: RoomCode| {
        let standing = feeds.standing(&room, connection.id())?;
        let offset = if standing.is_live {
            feeds.position(&room)
        } else {
            standing.since
        };
        Some((room, offset?))
    };
    let is_used = server.history.is_used;
    is_used.then(|| rooms.into_iter().filter_map(offset).collect())
}

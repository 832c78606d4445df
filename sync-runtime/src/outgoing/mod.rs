//! What leaves the server: the one place through which events go to a connection or to a room.
//!
//! All of it is counted, so that it is known of every connection how much waits for its network. A
//! connection for which more would wait than the settings allow is closed instead, and so is one of
//! which something may be lost: nothing is ever missing on a connection that stays open.

mod evict;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::Arc;

use futures_util::FutureExt;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use socketioxide::{
    BroadcastError, SendError, SocketError,
    extract::{AckSender, SocketRef},
};

pub(crate) use self::watch::watch;
use crate::{
    connection::Connection,
    door::{Amount, SlowReason, ack_bytes, event_bytes},
    room::RoomCode,
    rooms,
    server::Server,
    session::SessionKey,
};

/// How many packets the layer below can hold for a connection beyond those that count: its own, and
/// the last words to one that is closed.
pub(crate) const HEADROOM: usize = 64;

/// What became of an event for a room.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    /// How many connections it was sent to.
    pub(crate) sent: usize,
    /// How many members did not get it: they are closed, for they cannot keep up.
    pub(crate) missed: usize,
}

impl Server {
    /// Sends an event to one connection, and says whether it could be: one that has gone in the
    /// meantime misses it, and one that cannot keep up goes.
    pub(crate) fn emit(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        event: &str,
        data: &impl Serialize,
    ) -> bool {
        let Some(data) = encode(event, data) else {
            return false;
        };
        let packet = Amount::packet(event_bytes(event, data.get().len()));
        self.send(to, packet, |socket| emit(socket, event, &data))
    }

    /// Acknowledges a packet of a connection, as [`emit`](Self::emit) sends an event.
    pub(crate) fn acknowledge(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        ack: AckSender,
        id: i64,
        data: &impl Serialize,
    ) -> bool {
        let Some(data) = encode("an acknowledgement", data) else {
            return false;
        };
        let packet = Amount::packet(ack_bytes(id, data.get().len()));
        self.send(to, packet, |_| match ack.send(&data) {
            Err(SendError::Socket(error)) => Err(error),
            _ => Ok(()),
        })
    }

    fn send(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        packet: Amount,
        send: impl FnOnce(&SocketRef) -> Result<(), SocketError>,
    ) -> bool {
        if to.is_closed() {
            return false;
        }
        // Before its socket is there, its client does not know that it is connected.
        let Some(socket) = self.io.get_socket(to.id()) else {
            return false;
        };
        let traffic = to.line().traffic();
        if let Err(reason) = traffic.admit(packet, self.config.unsent_bounds()) {
            self.evict(to, reason);
            return false;
        }
        match send(&socket) {
            Ok(()) => true,
            Err(SocketError::Closed) => false,
            Err(SocketError::InternalChannelFull) => {
                self.evict(to, SlowReason::Lost);
                false
            }
        }
    }

    /// Sends an event to all members of a room, with one encode and one call of the layer below. A
    /// member of the session `except` does not hear it.
    pub(crate) fn emit_to_room(
        self: &Arc<Self>,
        room: &RoomCode,
        except: Option<&SessionKey>,
        event: &str,
        data: &impl Serialize,
    ) -> Reached {
        let Some(data) = encode(event, data) else {
            return Reached::default();
        };
        let mut round = Round::new(self, except, event, &data);
        self.rooms.with_members(room, |members| {
            round.emit(rooms::emit_name(room), members.values());
        });
        round.end()
    }

    /// As [`emit_to_room`](Self::emit_to_room), without those who have yet to be brought to where the
    /// streams of the room are.
    pub(crate) fn emit_to_caught_up(
        self: &Arc<Self>,
        room: &RoomCode,
        event: &str,
        data: &impl Serialize,
    ) -> Reached {
        let Some(data) = encode(event, data) else {
            return Reached::default();
        };
        let mut round = Round::new(self, None, event, &data);
        round.streams_of = Some(room);
        self.rooms.with_members(room, |members| {
            round.emit(rooms::emit_name(room), members.values());
        });
        round.end()
    }

    /// Sends an event to the members of a room that its feed sends to, as
    /// [`emit_to_room`](Self::emit_to_room) does to all.
    pub(crate) fn emit_to_live(
        self: &Arc<Self>,
        room: &RoomCode,
        except: Option<&SessionKey>,
        event: &str,
        data: &impl Serialize,
    ) -> Reached {
        let Some(data) = encode(event, data) else {
            return Reached::default();
        };
        let mut round = Round::new(self, except, event, &data);
        self.history.feeds.with_live(room, |members| {
            round.emit(rooms::live_emit_name(room), members.iter().copied());
        });
        round.end()
    }

    /// Whether what the layer below sends to a room of this connection reaches it.
    fn can_hear(&self, connection: &Connection) -> bool {
        !connection.is_closed()
            && (connection.is_connected() || self.io.get_socket(connection.id()).is_some())
    }
}

/// One event on its way to many.
struct Round<'a> {
    server: &'a Arc<Server>,
    except: Option<&'a SessionKey>,
    /// Leaves out those who are behind in the streams of this room.
    streams_of: Option<&'a RoomCode>,
    event: &'a str,
    data: &'a RawValue,
    sent: usize,
    slow: Vec<(Arc<Connection>, SlowReason)>,
}

impl<'a> Round<'a> {
    fn new(
        server: &'a Arc<Server>,
        except: Option<&'a SessionKey>,
        event: &'a str,
        data: &'a RawValue,
    ) -> Self {
        Self {
            server,
            except,
            streams_of: None,
            event,
            data,
            sent: 0,
            slow: Vec::new(),
        }
    }

    /// Sends it to a room of the layer below, of which these are the members.
    fn emit<'m>(
        &mut self,
        room: String,
        members: impl Iterator<Item = &'m Arc<Connection>> + Clone,
    ) {
        let packet = Amount::packet(event_bytes(self.event, self.data.get().len()));
        let bounds = self.server.config.unsent_bounds();
        let mut left_out = Vec::new();
        for member in members.clone() {
            if self.except.is_some() && member.session() == self.except {
                continue;
            }
            let is_behind = self.streams_of.is_some_and(|room| member.is_behind(room));
            if is_behind || !self.server.can_hear(member) {
                left_out.push(rooms::emit_name(member.own_room()));
            } else if let Err(reason) = member.line().traffic().admit(packet, bounds) {
                left_out.push(rooms::emit_name(member.own_room()));
                self.slow.push((member.clone(), reason));
            } else {
                self.sent += 1;
            }
        }
        if let Some(session) = self.except {
            left_out.push(rooms::session_emit_name(session));
        }
        let room = self.server.io.within(room).except(left_out);
        // On this node alone there is nothing to wait for.
        let done = room.emit(self.event, self.data).now_or_never();
        if has_lost(done) {
            for member in members {
                member.line().traffic().doubt();
            }
        }
    }

    /// Closes those that cannot keep up.
    fn end(self) -> Reached {
        for (member, reason) in &self.slow {
            self.server.evict(member, *reason);
        }
        Reached {
            sent: self.sent,
            missed: self.slow.len(),
        }
    }
}

/// Sends the last event to a connection that is closed already, and says whether there was room for it.
pub(crate) fn emit_last(
    to: &Connection,
    socket: &SocketRef,
    event: &str,
    data: &impl Serialize,
) -> bool {
    let Some(data) = encode(event, data) else {
        return false;
    };
    let packet = Amount::packet(event_bytes(event, data.get().len()));
    to.line().traffic().sent(packet);
    socket.emit(event, &data).is_ok()
}

fn encode(event: &str, data: &impl Serialize) -> Option<Box<RawValue>> {
    match to_raw_value(data) {
        Ok(data) => Some(data),
        Err(error) => {
            tracing::error!(event, %error, "an event could not be written as JSON");
            None
        }
    }
}

/// Emits to a socket from the moment its client knows that it is connected.
///
/// The layer below tells the client so and only then counts the socket as connected; an emit in
/// between fails, and with it the answer to a client's first event (seen: 26 of 600 on a busy
/// machine). Its emits to rooms do not look at that, and every socket is alone in a room of its own.
fn emit(socket: &SocketRef, event: &str, data: &RawValue) -> Result<(), SocketError> {
    match socket.emit(event, data) {
        Err(SendError::Socket(SocketError::Closed)) => {
            let alone = rooms::emit_name(&RoomCode::of_connection(socket.id));
            if has_lost(socket.within(alone).emit(event, data).now_or_never()) {
                return Err(SocketError::InternalChannelFull);
            }
            Ok(())
        }
        Err(SendError::Socket(error)) => Err(error),
        _ => Ok(()),
    }
}

/// Whether somebody missed an event that is still there. The layer below does not say who.
fn has_lost(emitted: Option<Result<(), BroadcastError>>) -> bool {
    match emitted {
        Some(Ok(())) => false,
        Some(Err(BroadcastError::Socket(errors))) => {
            let full = |error| matches!(error, &SocketError::InternalChannelFull);
            errors.iter().any(full)
        }
        other => {
            tracing::error!(?other, "an event could not be sent to a room");
            true
        }
    }
}

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

use serde::Serialize;
use socketioxide::SocketError;

pub(crate) use self::watch::watch;
use crate::{
    below::Packet,
    connection::Connection,
    door::{Amount, SlowReason},
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
        let packet = written(event, Packet::event(event, data));
        packet.is_some_and(|packet| self.send(to, packet))
    }

    /// As [`emit`](Self::emit), with what is written already: the pieces together are JSON.
    pub(crate) fn emit_pieces<const N: usize>(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        event: &'static str,
        pieces: [&str; N],
    ) -> bool {
        self.send(to, Packet::event_of_pieces(event, pieces))
    }

    /// Acknowledges a packet of a connection, as [`emit`](Self::emit) sends an event.
    pub(crate) fn acknowledge(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        id: i64,
        data: &impl Serialize,
    ) -> bool {
        let packet = written("an acknowledgement", Packet::ack(id, data));
        packet.is_some_and(|packet| self.send(to, packet))
    }

    fn send(self: &Arc<Self>, to: &Arc<Connection>, packet: Packet) -> bool {
        if !self.can_hear(to) {
            return false;
        }
        let traffic = to.line().traffic();
        if let Err(reason) =
            traffic.admit(Amount::packet(packet.bytes), self.config.unsent_bounds())
        {
            self.evict(to, reason);
            return false;
        }
        let is_lost = has_lost(self.below.send(to.id(), packet));
        if is_lost {
            self.evict(to, SlowReason::Lost);
        }
        !is_lost
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
        let Some(packet) = written(event, Packet::event(event, data)) else {
            return Reached::default();
        };
        let mut round = Round::new(self, except, packet);
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
        let Some(packet) = written(event, Packet::event(event, data)) else {
            return Reached::default();
        };
        let mut round = Round::new(self, None, packet);
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
        let Some(packet) = written(event, Packet::event(event, data)) else {
            return Reached::default();
        };
        let mut round = Round::new(self, except, packet);
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
    packet: Packet,
    sent: usize,
    slow: Vec<(Arc<Connection>, SlowReason)>,
}

impl<'a> Round<'a> {
    fn new(server: &'a Arc<Server>, except: Option<&'a SessionKey>, packet: Packet) -> Self {
        Self {
            server,
            except,
            streams_of: None,
            packet,
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
        let amount = Amount::packet(self.packet.bytes);
        let bounds = self.server.config.unsent_bounds();
        let mut left_out = Vec::new();
        for member in members.clone() {
            if self.except.is_some() && member.session() == self.except {
                continue;
            }
            let is_behind = self.streams_of.is_some_and(|room| member.is_behind(room));
            if is_behind || !self.server.can_hear(member) {
                left_out.push(rooms::emit_name(member.own_room()));
            } else if let Err(reason) = member.line().traffic().admit(amount, bounds) {
                left_out.push(rooms::emit_name(member.own_room()));
                self.slow.push((member.clone(), reason));
            } else {
                self.sent += 1;
            }
        }
        if let Some(session) = self.except {
            left_out.push(rooms::session_emit_name(session));
        }
        let below = &self.server.below;
        if has_lost(below.send_to_room(room, left_out, self.packet.clone())) {
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
    server: &Server,
    to: &Connection,
    event: &str,
    data: &impl Serialize,
) -> bool {
    let Some(packet) = written(event, Packet::event(event, data)) else {
        return false;
    };
    to.line().traffic().sent(Amount::packet(packet.bytes));
    server.below.send(to.id(), packet).is_ok()
}

fn written(what: &str, packet: serde_json::Result<Packet>) -> Option<Packet> {
    packet
        .inspect_err(|error| tracing::error!(%error, "{what} could not be written as JSON"))
        .ok()
}

/// Whether somebody missed a packet who is still there. The layer below does not say who.
fn has_lost(sent: Result<(), Vec<SocketError>>) -> bool {
    let full = |error| matches!(error, SocketError::InternalChannelFull);
    sent.is_err_and(|errors| errors.into_iter().any(full))
}

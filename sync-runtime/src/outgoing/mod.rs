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

pub(crate) use self::watch::watch;
use crate::{
    below::Full,
    connection::Connection,
    door::{Batch, ForBelow, SlowReason, When},
    packet::Packet,
    room::RoomCode,
    server::Server,
    session::SessionKey,
};

/// How many packets the layer below can hold for a connection that polls beyond those that count: its own,
/// and the last words to one that is closed.
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
        self.emit_with(to, event, data, When::Due)
    }

    /// As [`emit`](Self::emit), an event that its client waits for.
    pub(crate) fn emit_answer(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        event: &str,
        answer: &impl Serialize,
    ) -> bool {
        self.emit_with(to, event, answer, When::AtOnce)
    }

    fn emit_with(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        event: &str,
        data: &impl Serialize,
        when: When<'_>,
    ) -> bool {
        let packet = written(event, Packet::event(event, data));
        packet.is_some_and(|packet| self.send(to, packet, when))
    }

    /// As [`emit`](Self::emit), with an event that is written already, together with others.
    pub(crate) fn emit_packet(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        packet: Packet,
        others: &mut Batch,
    ) -> bool {
        self.send(to, packet, When::DueWith(others))
    }

    /// Acknowledges a packet of a connection, as [`emit_answer`](Self::emit_answer) sends an event.
    pub(crate) fn acknowledge(
        self: &Arc<Self>,
        to: &Arc<Connection>,
        id: i64,
        data: &impl Serialize,
    ) -> bool {
        let packet = written("an acknowledgement", Packet::ack(id, data));
        packet.is_some_and(|packet| self.send(to, packet, When::AtOnce))
    }

    fn send(self: &Arc<Self>, to: &Arc<Connection>, packet: Packet, when: When<'_>) -> bool {
        if !self.can_hear(to) {
            return false;
        }
        let sent = self.try_send(to, packet, when);
        if let Err(reason) = sent {
            self.evict(to, reason);
        }
        sent.is_ok()
    }

    /// Sends a packet to a connection that can hear it, if not too much waits for it already.
    fn try_send(&self, to: &Connection, packet: Packet, when: When<'_>) -> Result<(), SlowReason> {
        let line = to.line();
        let bounds = self.config.unsent_bounds();
        line.traffic().admit(packet.amount(), bounds)?;
        self.pass_on(to, packet, when)
            .map_err(|Full| SlowReason::Lost)
    }

    /// Gives a packet to whoever writes it.
    fn pass_on(&self, to: &Connection, packet: Packet, when: When<'_>) -> Result<(), Full> {
        match to.line().send(packet, when) {
            Ok(()) => Ok(()),
            Err(ForBelow(packet)) => self.below.send(to.id(), &packet),
        }
    }

    /// Sends an event to all members of a room, with one encode. A member of the session `except` does
    /// not hear it.
    pub(crate) fn emit_to_room(
        self: &Arc<Self>,
        room: &RoomCode,
        except: Option<&SessionKey>,
        event: &str,
        data: &impl Serialize,
    ) -> Reached {
        self.emit_to_many(event, data, |round| {
            self.rooms.with_members(room, |members| {
                let members = members.values();
                round.emit(members.filter(|member| !is_of(member, except)));
            });
        })
    }

    /// As [`emit_to_room`](Self::emit_to_room), without those who have yet to be brought to where the
    /// streams of the room are.
    pub(crate) fn emit_to_caught_up(
        self: &Arc<Self>,
        room: &RoomCode,
        event: &str,
        data: &impl Serialize,
    ) -> Reached {
        self.emit_to_many(event, data, |round| {
            self.rooms.with_members(room, |members| {
                let members = members.values();
                round.emit(members.filter(|member| !member.is_behind(room)));
            });
        })
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
        self.emit_to_many(event, data, |round| {
            self.history.feeds.with_live(room, |members| {
                round.emit(members.filter(|member| !is_of(member, except)));
            });
        })
    }

    /// Sends an event to those whom `each` gives, with one encode.
    fn emit_to_many(
        self: &Arc<Self>,
        event: &str,
        data: &impl Serialize,
        each: impl FnOnce(&mut Round<'_>),
    ) -> Reached {
        let Some(packet) = written(event, Packet::event(event, data)) else {
            return Reached::default();
        };
        let mut round = Round::new(self, packet);
        each(&mut round);
        round.end()
    }

    /// Whether what is sent to a connection reaches it.
    fn can_hear(&self, connection: &Connection) -> bool {
        !connection.is_closed()
            && (connection.is_connected() || self.io.get_socket(connection.id()).is_some())
    }
}

/// Whether a connection is one of a session.
fn is_of(connection: &Connection, session: Option<&SessionKey>) -> bool {
    session.is_some() && connection.session() == session
}

/// One event on its way to many.
struct Round<'a> {
    server: &'a Arc<Server>,
    packet: Packet,
    batch: Batch,
    sent: usize,
    slow: Vec<(Arc<Connection>, SlowReason)>,
}

impl<'a> Round<'a> {
    fn new(server: &'a Arc<Server>, packet: Packet) -> Self {
        Self {
            server,
            packet,
            batch: Batch::default(),
            sent: 0,
            slow: Vec::new(),
        }
    }

    fn emit<'m>(&mut self, members: impl Iterator<Item = &'m Arc<Connection>>) {
        for member in members {
            if !self.server.can_hear(member) {
                continue;
            }
            let when = When::DueWith(&mut self.batch);
            match self.server.try_send(member, self.packet.clone(), when) {
                Ok(()) => self.sent += 1,
                Err(reason) => self.slow.push((member.clone(), reason)),
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
    to.line().traffic().sent(packet.amount());
    server.pass_on(to, packet, When::AtOnce).is_ok()
}

fn written(what: &str, packet: serde_json::Result<Packet>) -> Option<Packet> {
    packet
        .inspect_err(|error| tracing::error!(%error, "{what} could not be written as JSON"))
        .ok()
}

//! How far each room's deliveries are, and which connections are part of them.
//!
//! A room's entries are delivered one after another by one task, its feed. A connection is *live*
//! when the feed sends to it, and until then *behind*: the log has what it is to get, so nothing is
//! kept for it here. Only the feed's own work makes a connection live, so that the place from which
//! on it is has neither a gap nor an overlap.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use dashmap::{DashMap, mapref::entry::Entry};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use socketioxide::socket::Sid;

use super::Offset;
use crate::{connection::Connection, room::RoomCode, session::SessionKey};

/// What a feed does, one after another.
pub(crate) type Work = BoxFuture<'static, ()>;

/// What a feed does next.
pub(crate) enum Next {
    Work(Work),
    /// Some entries were not kept waiting: they are to be read from the log.
    MakeUp,
}

/// The feeds of the rooms in which somebody is, or in which something waits to be delivered.
#[derive(Default)]
pub(crate) struct Feeds {
    rooms: DashMap<RoomCode, Feed>,
    memberships: AtomicU64,
}

/// What tells a membership from those that the same connection had in the room before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership(u64);

#[derive(Default)]
struct Feed {
    /// Up to where all that are live have been sent everything. Not known as long as nobody is.
    position: Option<Offset>,
    members: HashMap<Sid, Member>,
    /// Never locked: a table that threads share takes only what they may share.
    waiting: Mutex<VecDeque<Waiting>>,
    /// How many bytes of entries wait.
    bytes: usize,
    /// Whether entries were left out because too many waited.
    is_short: bool,
    /// Whether something may have been missed that has yet to be looked for.
    is_doubted: bool,
    is_running: bool,
}

struct Waiting {
    work: Work,
    bytes: usize,
}

struct Member {
    connection: Arc<Connection>,
    standing: Standing,
}

/// Where a member is in the order of its room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) membership: Membership,
    /// All that follows this offset is for the feed to send or to have sent; not known where the log
    /// did not answer.
    pub(crate) since: Option<Offset>,
    pub(crate) is_live: bool,
}

impl Feeds {
    /// Makes a connection a member that is behind.
    pub(crate) fn enter(
        &self,
        room: &RoomCode,
        connection: &Arc<Connection>,
        since: Option<Offset>,
    ) {
        let number = self.memberships.fetch_add(1, Ordering::Relaxed);
        let standing = Standing {
            membership: Membership(number),
            since,
            is_live: false,
        };
        let member = || Member {
            connection: connection.clone(),
            standing,
        };
        let mut feed = self.rooms.entry(room.clone()).or_default();
        feed.members.entry(connection.id()).or_insert_with(member);
    }

    /// Takes a connection out.
    pub(crate) fn leave(&self, room: &RoomCode, connection: Sid) {
        if let Entry::Occupied(mut feed) = self.rooms.entry(room.clone()) {
            feed.get_mut().members.remove(&connection);
            if feed.get().is_over() {
                feed.remove();
            }
        }
    }

    /// Where a member is, unless it has left.
    pub(crate) fn standing(&self, room: &RoomCode, connection: Sid) -> Option<Standing> {
        let feed = self.rooms.get(room)?;
        let member = feed.members.get(&connection)?;
        Some(member.standing.clone())
    }

    /// Changes where a member is, unless it has left, even if it came back since.
    pub(crate) fn place(&self, room: &RoomCode, connection: Sid, standing: Standing) {
        if let Some(mut feed) = self.rooms.get_mut(room)
            && let Some(member) = feed.members.get_mut(&connection)
            && member.standing.membership == standing.membership
        {
            member.standing = standing;
        }
    }

    /// Does something with the members that are live while nobody becomes one or leaves. It must not
    /// ask for feeds itself.
    pub(crate) fn with_live(
        &self,
        room: &RoomCode,
        work: impl FnOnce(&mut dyn Iterator<Item = &Arc<Connection>>),
    ) {
        if let Some(feed) = self.rooms.get(room) {
            let members = feed.members.values();
            let live = members.filter(|member| member.standing.is_live);
            work(&mut live.map(|member| &member.connection));
        }
    }

    /// The members that are live, except those of a session.
    pub(crate) fn live(
        &self,
        room: &RoomCode,
        except: Option<&SessionKey>,
    ) -> Vec<Arc<Connection>> {
        let Some(feed) = self.rooms.get(room) else {
            return Vec::new();
        };
        let is_reached = |member: &&Member| {
            let session = member.connection.session();
            member.standing.is_live && (except.is_none() || session != except)
        };
        let live = feed.members.values().filter(is_reached);
        live.map(|member| member.connection.clone()).collect()
    }

    /// Up to where everything has been delivered, if that is known.
    pub(crate) fn position(&self, room: &RoomCode) -> Option<Offset> {
        self.rooms.get(room)?.position.clone()
    }

    /// Notes up to where everything has been delivered. For the feed's own work.
    pub(crate) fn reach(&self, room: &RoomCode, position: Offset) {
        if let Some(mut feed) = self.rooms.get_mut(room) {
            feed.position = Some(position);
        }
    }

    /// Notes that the delivery goes on from a place that does not follow what was delivered last.
    pub(crate) fn lose(&self, room: &RoomCode, position: Offset) {
        if let Some(mut feed) = self.rooms.get_mut(room) {
            let members = feed.members.values_mut();
            for member in members.filter(|member| member.standing.is_live) {
                member.standing.since = Some(position.clone());
            }
            feed.position = Some(position);
        }
    }

    /// Whether somebody is in the room.
    pub(crate) fn has_members(&self, room: &RoomCode) -> bool {
        let feed = self.rooms.get(room);
        feed.is_some_and(|feed| !feed.members.is_empty())
    }

    /// Notes that something may have been missed in all rooms, and gives them.
    pub(crate) fn doubt_all(&self) -> Vec<RoomCode> {
        let doubted = self.rooms.iter_mut().map(|mut feed| {
            feed.is_doubted = true;
            feed.key().clone()
        });
        doubted.collect()
    }

    /// Notes that something may have been missed in a room, or no longer.
    pub(crate) fn doubt(&self, room: &RoomCode, is_doubted: bool) {
        if let Some(mut feed) = self.rooms.get_mut(room) {
            feed.is_doubted = is_doubted;
        }
    }

    /// Whether something may have been missed that has yet to be looked for.
    pub(crate) fn is_doubted(&self, room: &RoomCode) -> bool {
        self.rooms.get(room).is_some_and(|feed| feed.is_doubted)
    }

    /// Adds work to a room's feed. Gives `true` to the one who has to run the feed.
    #[must_use]
    pub(crate) fn push(&self, room: &RoomCode, work: Work) -> bool {
        let mut feed = self.rooms.entry(room.clone()).or_default();
        feed.push(Waiting { work, bytes: 0 })
    }

    /// As [`push`](Self::push), for an entry that takes so many bytes. Where more than `most` would wait
    /// it is left out, and read from the log when it is its turn.
    #[must_use]
    pub(crate) fn push_entry(
        &self,
        room: &RoomCode,
        bytes: usize,
        most: usize,
        work: Work,
    ) -> bool {
        let mut feed = self.rooms.entry(room.clone()).or_default();
        if feed.is_short || (feed.bytes > 0 && feed.bytes.saturating_add(bytes) > most) {
            // It is running, for something waits.
            feed.is_short = true;
            return false;
        }
        feed.push(Waiting { work, bytes })
    }

    /// The next work of a feed; it has ended where there is none.
    pub(crate) fn next(&self, room: &RoomCode) -> Option<Next> {
        let Entry::Occupied(mut feed) = self.rooms.entry(room.clone()) else {
            return None;
        };
        let next = feed.get_mut().next();
        if next.is_none() {
            feed.get_mut().is_running = false;
            if feed.get().is_over() {
                feed.remove();
            }
        }
        next
    }
}

impl Feed {
    fn push(&mut self, waiting: Waiting) -> bool {
        self.bytes += waiting.bytes;
        self.waiting.get_mut().push_back(waiting);
        !std::mem::replace(&mut self.is_running, true)
    }

    fn next(&mut self) -> Option<Next> {
        match self.waiting.get_mut().pop_front() {
            Some(Waiting { work, bytes }) => {
                self.bytes -= bytes;
                Some(Next::Work(work))
            }
            None => std::mem::take(&mut self.is_short).then_some(Next::MakeUp),
        }
    }

    fn is_over(&self) -> bool {
        self.members.is_empty() && !self.is_running
    }
}

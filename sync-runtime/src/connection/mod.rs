//! A client's connection: who it belongs to, where it is a member and what it has asked for.

mod by_session;
mod by_user;
mod lanes;
mod requests;

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;
use socketioxide::socket::Sid;
use tokio::sync::OwnedMutexGuard;

pub use self::requests::OnDisconnect;
pub(crate) use self::{
    by_session::BySession,
    by_user::ByUser,
    lanes::{QueueBounds, Turn},
};
use self::{
    lanes::{Lanes, Place},
    requests::{Cancellation, Requests},
};
use crate::{
    Locale, door::Line, error::Refusal, hooks::Visitor, limits::Address, observe, room::RoomCode,
    session::SessionKey,
};

/// A client's connection, from its handshake until it closes.
///
/// It does not hold its socket: the socket's handlers hold the connection, and both would live for
/// ever.
pub(crate) struct Connection {
    id: Sid,
    visitor: Visitor,
    address: Option<Address>,
    locale: Locale,
    line: Arc<Line>,
    /// Whether the layer below counts it as connected, so that what is sent to it is not lost.
    is_connected: AtomicBool,
    is_closed: AtomicBool,
    /// The room that it has for itself, named by its id.
    own_room: RoomCode,
    rooms: Mutex<Vec<RoomCode>>,
    /// Those of its rooms whose running streams it has not been brought to: it joined before it could
    /// hear.
    behind: Mutex<Vec<RoomCode>>,
    lanes: Lanes,
    requests: Requests,
    /// Whether its client has gone on without resuming its rooms.
    goes_on: AtomicBool,
    /// Held by whoever brings it up to where its rooms are: one at a time, or its order would be lost.
    turns: Arc<tokio::sync::Mutex<()>>,
}

impl Connection {
    /// A connection that speaks through a line.
    pub(crate) fn new(id: Sid, visitor: Visitor, line: Arc<Line>) -> Self {
        Self {
            id,
            visitor,
            address: None,
            locale: Locale::default(),
            line,
            is_connected: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            own_room: RoomCode::of_connection(id),
            rooms: Mutex::default(),
            behind: Mutex::default(),
            lanes: Lanes::default(),
            requests: Requests::default(),
            goes_on: AtomicBool::new(false),
            turns: Arc::default(),
        }
    }

    /// Sets in which languages its client is spoken to; English otherwise.
    pub(crate) fn speaking(mut self, locale: Locale) -> Self {
        self.locale = locale;
        self
    }

    /// An anonymous connection, of which nobody reads what it is sent.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Arc<Self> {
        let visitor = Visitor::new(None, None);
        Arc::new(Self::new(Sid::new(), visitor, Line::for_tests()))
    }

    /// Sets where it came from, as far as that is known.
    pub(crate) fn at(mut self, address: Option<Address>) -> Self {
        self.address = address;
        self
    }

    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    pub(crate) fn id(&self) -> Sid {
        self.id
    }

    /// Who connected. Whether the session still lives is for the session store to say.
    pub(crate) fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// Where it came from, as far as that is known.
    pub(crate) fn address(&self) -> Option<Address> {
        self.address
    }

    /// In which languages its client is spoken to.
    pub(crate) fn locale(&self) -> &Locale {
        &self.locale
    }

    /// The session of the handshake.
    pub(crate) fn session(&self) -> Option<&SessionKey> {
        self.visitor.session_key()
    }

    /// The room that it has for itself: it is in it from the beginning, without having joined.
    pub(crate) fn own_room(&self) -> &RoomCode {
        &self.own_room
    }

    /// The rooms it has joined, the oldest first.
    pub(crate) fn joined_rooms(&self) -> Vec<RoomCode> {
        let rooms = self.rooms.lock();
        let joined = rooms.iter().filter(|room| **room != self.own_room);
        joined.cloned().collect()
    }

    /// The rooms it joined first, as many as it is in beyond `max`.
    pub(crate) fn rooms_beyond(&self, max: usize) -> Vec<RoomCode> {
        let mut joined = self.joined_rooms();
        joined.truncate(joined.len().saturating_sub(max));
        joined
    }

    /// Takes it out of all its rooms, and tells which these were.
    pub(crate) fn leave_all(&self) -> Vec<RoomCode> {
        std::mem::take(&mut *self.rooms.lock())
    }

    pub(crate) fn is_member(&self, room: &RoomCode) -> bool {
        self.rooms.lock().contains(room)
    }

    /// Notes that it joined a room; `false` when it was in it already.
    pub(crate) fn note_joined(&self, room: &RoomCode) -> bool {
        let mut rooms = self.rooms.lock();
        let new = !rooms.contains(room);
        if new {
            rooms.push(room.clone());
        }
        new
    }

    /// Notes that it left a room.
    pub(crate) fn note_left(&self, room: &RoomCode) {
        self.rooms.lock().retain(|joined| joined != room);
        self.note_caught_up(room);
    }

    /// Notes that it has yet to be brought to where the streams of a room are.
    pub(crate) fn note_behind(&self, room: &RoomCode) {
        let mut behind = self.behind.lock();
        if !behind.contains(room) {
            behind.push(room.clone());
        }
    }

    /// Notes that it was; `false` when it was not behind.
    pub(crate) fn note_caught_up(&self, room: &RoomCode) -> bool {
        let mut behind = self.behind.lock();
        let place = behind.iter().position(|one| one == room);
        place.map(|place| behind.swap_remove(place)).is_some()
    }

    pub(crate) fn is_behind(&self, room: &RoomCode) -> bool {
        self.behind.lock().contains(room)
    }

    pub(crate) fn rooms_behind(&self) -> Vec<RoomCode> {
        self.behind.lock().clone()
    }

    /// Notes that its client goes on without resuming its rooms; `false` when that was known.
    pub(crate) fn goes_on(&self) -> bool {
        !self.goes_on.load(Ordering::Relaxed) && !self.goes_on.swap(true, Ordering::Relaxed)
    }

    /// The turn to bring it up to where its rooms are, taken at once where nobody has it.
    pub(crate) fn turn(&self) -> BoxFuture<'static, OwnedMutexGuard<()>> {
        match self.turns.clone().try_lock_owned() {
            Ok(turn) => ready(turn).boxed(),
            Err(_) => self.turns.clone().lock_owned().boxed(),
        }
    }

    /// Whether something waits or runs in one of its rooms.
    pub(crate) fn is_busy(&self) -> bool {
        self.lanes.are_busy()
    }

    /// A place for work that holds so many bytes, or a refusal when too much waits or runs in all its
    /// rooms together.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        bytes: usize,
        bounds: QueueBounds,
    ) -> Result<Place, Refusal> {
        Lanes::reserve(self, bytes, bounds).ok_or_else(|| {
            observe::queue_refused();
            Refusal::TooManyRequests { seconds: 1 }
        })
    }

    /// Registers a request that its client may cancel. Whether it is cancelled when the connection
    /// closes, `end` says.
    pub(crate) fn begin(self: &Arc<Self>, end: OnDisconnect) -> Cancellation {
        Requests::begin(self, end)
    }

    /// Cancels a request of this connection; an id that is none of its own does nothing.
    pub(crate) fn cancel(&self, id: &str) {
        self.requests.cancel(id);
    }

    /// Notes that the layer below counts it as connected.
    pub(crate) fn note_connected(&self) {
        self.is_connected.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.is_connected.load(Ordering::SeqCst)
    }

    /// Cancels all its requests, and those to come.
    pub(crate) fn cancel_all(&self) {
        self.requests.close();
    }

    /// Cancels all its requests, and nothing is sent to it any more: it is gone, or has to go. `false`
    /// when it was closed already.
    pub(crate) fn close(&self) -> bool {
        let was_open = !self.is_closed.swap(true, Ordering::SeqCst);
        self.cancel_all();
        was_open
    }

    /// Whether it is gone, or about to be.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Waits until fewer bytes than these wait for its network, or it is gone.
    pub(crate) async fn drained_below(&self, bytes: usize) {
        tokio::select! {
            () = self.requests.closed() => {}
            () = self.line.traffic().drained_below(bytes) => {}
        }
    }
}

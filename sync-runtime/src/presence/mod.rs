//! Who is in a room: by user, not by connection.
//!
//! One task for each room in which something has changed tells those who watch, and brings changes of
//! a moment together: a thousand members that come back are told of in a few events. It is also what
//! tells a newcomer who is here, so that this and the changes after it come in order.

mod here;
mod profile;

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use dashmap::{DashMap, mapref::entry::Entry};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use self::here::{Here, News};
pub(crate) use self::profile::{Profile, Profiles};
use crate::{connection::Connection, error::Refusal, room::RoomCode, server::Server};

const EVENT: &str = "sync-presence";

/// For how long changes are brought together.
const TOGETHER: Duration = Duration::from_millis(50);

/// Who is in the rooms of this node, if the app wants that to be told.
pub(crate) struct Presence {
    profiles: Option<Profiles>,
    bounds: PresenceBounds,
    rooms: DashMap<RoomCode, Here<Watcher>>,
}

/// How presence is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PresenceBounds {
    /// How long somebody whose connection was lost is still here.
    pub(crate) grace: Duration,
    /// Rooms with more users than this are not told of to anybody new.
    pub(crate) users: usize,
}

/// Somebody who is told.
#[derive(Clone)]
pub(crate) struct Watcher {
    pub(crate) server: Weak<Server>,
    pub(crate) connection: Arc<Connection>,
    /// The event that the first answer goes to.
    pub(crate) answer_on: Arc<str>,
}

/// Who is here.
#[derive(Serialize)]
struct Users<'a> {
    users: Vec<&'a RawValue>,
}

/// What has changed since.
#[derive(Serialize)]
struct Changed<'a> {
    room: &'a RoomCode,
    joined: Vec<&'a RawValue>,
    left: Vec<&'a str>,
}

impl Presence {
    pub(crate) fn new(profiles: Option<Profiles>, bounds: PresenceBounds) -> Arc<Self> {
        Arc::new(Self {
            profiles,
            bounds,
            rooms: DashMap::new(),
        })
    }

    /// A connection has become a member of a room.
    pub(crate) fn enter(self: &Arc<Self>, connection: &Connection, room: &RoomCode) {
        let (Some(profiles), Some(session)) = (&self.profiles, connection.visitor().any_session())
        else {
            return;
        };
        let Some(profile) = profiles.of(session) else {
            return;
        };
        self.change(room, |here| {
            here.enter(session.user_id(), connection.id(), profile);
        });
        // It may have gone or left in the meantime, which was of no consequence then.
        if connection.is_closed() || !connection.is_member(room) {
            self.lose(connection, room);
        }
    }

    /// A connection has left a room. Nothing is expected of it.
    pub(crate) fn leave(self: &Arc<Self>, connection: &Connection, room: &RoomCode) {
        let Some(user) = self.user(connection) else {
            return;
        };
        self.change(room, |here| {
            if let Some(since) = here.lose(user, connection.id()) {
                here.depart(user, since);
            }
        });
    }

    /// A connection was lost. Its user may be back soon.
    pub(crate) fn lose(self: &Arc<Self>, connection: &Connection, room: &RoomCode) {
        let Some(user) = self.user(connection) else {
            return;
        };
        let since = self.change(room, |here| here.lose(user, connection.id()));
        let (Some(since), Ok(runtime)) = (since, Handle::try_current()) else {
            return;
        };
        let (presence, room, user) = (self.clone(), room.clone(), Box::<str>::from(user));
        runtime.spawn(async move { presence.depart(&room, &user, since).await });
    }

    async fn depart(self: &Arc<Self>, room: &RoomCode, user: &str, since: Instant) {
        sleep(self.bounds.grace).await;
        self.change(room, |here| here.depart(user, since));
    }

    /// Begins to tell a member who is in a room: first of all, and then of changes.
    pub(crate) fn watch(
        self: &Arc<Self>,
        room: &RoomCode,
        watcher: Watcher,
    ) -> Result<(), Refusal> {
        if self.profiles.is_none() {
            return Err(Refusal::NoPresence);
        }
        let connection = watcher.connection.clone();
        if !connection.is_member(room) || connection.visitor().any_session().is_none() {
            return Err(Refusal::NotRoomMember);
        }
        let watching = self.change(room, |here| {
            if here.users() > self.bounds.users {
                return Err(Refusal::TooLarge);
            }
            here.watch(connection.id(), watcher);
            Ok(())
        });
        if connection.is_closed() || !connection.is_member(room) {
            self.unwatch(room, &connection);
        }
        watching
    }

    pub(crate) fn unwatch(self: &Arc<Self>, room: &RoomCode, connection: &Connection) {
        self.change(room, |here| here.unwatch(connection.id()));
    }

    fn user<'a>(&self, connection: &'a Connection) -> Option<&'a str> {
        self.profiles.as_ref()?;
        connection.visitor().user_id()
    }

    /// Changes what is known of a room, and has it told.
    fn change<R>(
        self: &Arc<Self>,
        room: &RoomCode,
        change: impl FnOnce(&mut Here<Watcher>) -> R,
    ) -> R {
        let mut entry = match self.rooms.entry(room.clone()) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(entry) => entry.insert_entry(Here::default()),
        };
        let here = entry.get_mut();
        let result = change(here);
        let teller = Handle::try_current().ok();
        let teller = teller.filter(|_| here.has_news() && !here.is_told);
        here.is_told |= teller.is_some();
        if here.is_empty() && !here.is_told {
            entry.remove();
        } else {
            drop(entry);
        }
        if let Some(teller) = teller {
            teller.spawn(self.clone().tell(room.clone()));
        }
        result
    }

    /// Tells what is new in a room until there is nothing. Nobody else tells anything meanwhile.
    async fn tell(self: Arc<Self>, room: RoomCode) {
        while let Some(news) = self.take_news(&room) {
            news.tell(&room);
            sleep(TOGETHER).await;
        }
    }

    fn take_news(&self, room: &RoomCode) -> Option<News<Watcher>> {
        let Entry::Occupied(mut entry) = self.rooms.entry(room.clone()) else {
            return None;
        };
        let here = entry.get_mut();
        if here.has_news() {
            return Some(here.take_news());
        }
        here.is_told = false;
        if here.is_empty() {
            entry.remove();
        }
        None
    }
}

impl News<Watcher> {
    fn tell(&self, room: &RoomCode) {
        if !self.changes.is_empty() && !self.watchers.is_empty() {
            let changed = Changed {
                room,
                joined: self.changes.joined.values().map(|user| &**user).collect(),
                left: self.changes.left.iter().map(|id| &**id).collect(),
            };
            tell(&self.watchers, |_| EVENT, &changed);
        }
        if !self.newcomers.is_empty() {
            let users = Users {
                users: self.users.iter().map(|user| &**user).collect(),
            };
            tell(&self.newcomers, |newcomer| &*newcomer.answer_on, &users);
        }
    }
}

/// Tells all of them the same, encoded once.
fn tell<'a>(watchers: &'a [Watcher], on: impl Fn(&'a Watcher) -> &'a str, what: &impl Serialize) {
    let what = match to_raw_value(what) {
        Ok(what) => what,
        Err(error) => {
            tracing::error!(%error, "who is present could not be written as JSON");
            return;
        }
    };
    for watcher in watchers {
        if let Some(server) = watcher.server.upgrade() {
            server.emit(&watcher.connection, on(watcher), &what);
        }
    }
}

//! What all requests share.

use std::sync::{Arc, Once};

use socketioxide::socket::Sid;
use tokio::sync::Semaphore;

use crate::{
    Config, Hooks, Messages,
    below::{Below, SocketIo},
    cluster::{Cluster, Topic},
    connection::{BySession, ByUser, Connection},
    door::Door,
    handler::context::AnyState,
    history::History,
    limits::{RateStore, TrustedProxies},
    presence::Presence,
    repeats::Repeats,
    replay::Replays,
    room::RoomCode,
    rooms::Rooms,
    route::RouteTable,
    session::AnySessions,
    shutdown_state::Shutdown,
    unknown_routes::UnknownRoutes,
};

/// What all requests share.
pub(crate) struct Server {
    pub(crate) io: SocketIo,
    pub(crate) below: Below,
    pub(crate) door: Arc<Door>,
    pub(crate) shutdown: Shutdown,
    pub(crate) state: AnyState,
    pub(crate) routes: RouteTable,
    pub(crate) sessions: Arc<dyn AnySessions>,
    pub(crate) cluster: Arc<dyn Cluster>,
    pub(crate) rooms: Rooms,
    pub(crate) history: History,
    pub(crate) presence: Arc<Presence>,
    pub(crate) unknown_routes: UnknownRoutes,
    pub(crate) repeats: Box<dyn Repeats>,
    pub(crate) hooks: Hooks,
    pub(crate) rates: Box<dyn RateStore>,
    pub(crate) messages: Messages,
    pub(crate) proxies: TrustedProxies,
    pub(crate) by_session: BySession,
    pub(crate) by_user: ByUser,
    pub(crate) replays: Arc<Replays>,
    /// As many permits as publications may be under way.
    pub(crate) publications: Arc<Semaphore>,
    /// Done when somebody hears of the ends of sessions.
    pub(crate) watches_sessions: Once,
    /// Done when somebody looks for connections that have stopped to read.
    pub(crate) watches_traffic: Once,
    pub(crate) config: Config,
}

impl Server {
    /// The connection of this id.
    pub(crate) fn connection(&self, id: Sid) -> Option<Arc<Connection>> {
        self.io.get_socket(id)?.extensions.get::<Arc<Connection>>()
    }

    /// The connections here of the user or the session that a topic is about.
    pub(crate) fn connections_on(&self, topic: &Topic) -> Vec<Arc<Connection>> {
        match topic {
            Topic::User(id) => self.by_user.connections(id),
            Topic::Session(key) => {
                let ids = self.by_session.connections(key);
                ids.into_iter()
                    .filter_map(|id| self.connection(id))
                    .collect()
            }
            Topic::Room(_) | Topic::Node(_) | Topic::Nodes => Vec::new(),
        }
    }

    /// Takes a connection out of a room.
    pub(crate) fn leave(&self, connection: &Connection, room: &RoomCode) {
        self.rooms.leave(connection, room);
        self.leave_feed(connection, room);
        self.presence.leave(connection, room);
    }

    /// Takes a connection that is gone out of all its rooms.
    pub(crate) fn forget(&self, connection: &Connection) {
        for room in self.rooms.forget(connection) {
            self.leave_feed(connection, &room);
            self.presence.lose(connection, &room);
        }
    }

    fn leave_feed(&self, connection: &Connection, room: &RoomCode) {
        self.history.feeds.leave(room, connection.id());
        if !self.rooms.is_empty(room) {
            return;
        }
        // What is on its way to the room is for nobody here, and may not come any more.
        self.replays.forget_others(room);
        if self.history.is_used {
            self.history.awaited.forget(room);
        }
    }
}

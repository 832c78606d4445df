//! What all requests share.

use std::sync::{Arc, Once};

use serde::Serialize;
use socketioxide::{SocketIo, socket::Sid};

use crate::{
    Config, Hooks, Messages,
    connection::{BySession, ByUser, Connection},
    door::Door,
    emit::emit,
    handler::context::AnyState,
    limits::{RateStore, TrustedProxies},
    replay::Replays,
    rooms::Rooms,
    route::RouteTable,
    session::AnySessions,
    shutdown_state::Shutdown,
};

/// What all requests share.
pub(crate) struct Server {
    pub(crate) io: SocketIo,
    pub(crate) door: Arc<Door>,
    pub(crate) shutdown: Shutdown,
    pub(crate) state: AnyState,
    pub(crate) routes: RouteTable,
    pub(crate) sessions: Arc<dyn AnySessions>,
    pub(crate) rooms: Rooms,
    pub(crate) hooks: Hooks,
    pub(crate) rates: Box<dyn RateStore>,
    pub(crate) messages: Messages,
    pub(crate) proxies: TrustedProxies,
    pub(crate) by_session: BySession,
    pub(crate) by_user: ByUser,
    pub(crate) replays: Arc<Replays>,
    /// Done when somebody hears of the ends of sessions.
    pub(crate) watches_sessions: Once,
    pub(crate) config: Config,
}

impl Server {
    /// The connection of this id.
    pub(crate) fn connection(&self, id: Sid) -> Option<Arc<Connection>> {
        self.io.get_socket(id)?.extensions.get::<Arc<Connection>>()
    }

    /// Sends an event to one connection, and says whether it could be: one that has gone in the
    /// meantime misses it.
    pub(crate) fn emit(&self, to: &Connection, event: &str, data: &impl Serialize) -> bool {
        let Some(socket) = self.io.get_socket(to.id()) else {
            return false;
        };
        let sent = emit(&socket, event, data);
        if let Err(error) = &sent {
            tracing::warn!(connection = %to.id(), event, %error, "an event could not be sent");
        }
        sent.is_ok()
    }
}

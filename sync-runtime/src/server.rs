//! What all requests share.

use std::sync::{Arc, Once};

use serde::Serialize;
use socketioxide::SocketIo;

use crate::{
    Config, Hooks,
    connection::{BySession, Connection},
    door::Door,
    emit::emit,
    handler::context::AnyState,
    limits::{RateStore, TrustedProxies},
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
    pub(crate) proxies: TrustedProxies,
    pub(crate) by_session: BySession,
    /// Done when somebody hears of the ends of sessions.
    pub(crate) watches_sessions: Once,
    pub(crate) config: Config,
}

impl Server {
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

//! Who sent what is delivered later than its request, or elsewhere.

use std::sync::Arc;

use serde_json::value::RawValue;
use socketioxide::socket::Sid;

use crate::{
    cluster::SaidFrom,
    hooks::{RequestInfo, Visitor},
    request_values::SharedValues,
    room::RoomCode,
    server::Server,
    session::SessionKey,
};

/// Who sent something.
pub(crate) struct Sender {
    pub(crate) connection: Option<Sid>,
    pub(crate) session: Option<SessionKey>,
    /// Whether its session is not to hear it.
    pub(crate) ignore_self: bool,
}

impl Sender {
    /// The session whose connections do not hear it.
    pub(crate) fn except(&self) -> Option<&SessionKey> {
        self.session.as_ref().filter(|_| self.ignore_self)
    }

    /// As other nodes are told.
    pub(crate) fn said(&self) -> SaidFrom<'_> {
        SaidFrom::new(self.connection, self.session.as_ref())
    }

    /// What hooks are told of its request: who sent it, as far as that session still lives.
    pub(crate) async fn request(
        &self,
        server: &Server,
        room: RoomCode,
        route: Arc<str>,
        input: Arc<RawValue>,
    ) -> RequestInfo {
        let asks = !server.hooks.pre_recipient.is_empty();
        let session = match self.session.as_ref().filter(|_| asks) {
            None => None,
            Some(key) => server.sessions.peek(key).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "it cannot be told who sent what is delivered");
                None
            }),
        };
        RequestInfo {
            visitor: Visitor::new(self.connection, session),
            room,
            route,
            input,
            values: SharedValues::default(),
        }
    }
}

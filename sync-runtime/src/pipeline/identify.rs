//! Whose request it is.

use std::sync::Arc;

use socketioxide::socket::Sid;

use super::address::Addressed;
use crate::{
    Failure, Locale,
    connection::Connection,
    error::Refusal,
    limits::Address,
    locale::Asked,
    room::RoomCode,
    server::Server,
    session::{AnySession, SessionKey},
};

/// Where a request came from, and so what its sender may be a member of.
pub(crate) enum Requester {
    /// A connection that stays: it sends to the rooms that it is in itself.
    Connection(Arc<Connection>),
    /// A single request: it sends to the rooms that its session is in.
    Request {
        /// The key of the session that it names, whether or not that lives.
        session: Option<SessionKey>,
        /// Where it came from, as far as that is known.
        address: Option<Address>,
        /// The languages that it asks for.
        languages: Asked,
    },
}

impl Requester {
    fn session(&self) -> Option<&SessionKey> {
        match self {
            Self::Connection(connection) => connection.session(),
            Self::Request { session, .. } => session.as_ref(),
        }
    }

    pub(super) fn address(&self) -> Option<Address> {
        match self {
            Self::Connection(connection) => connection.address(),
            Self::Request { address, .. } => *address,
        }
    }

    fn connection(&self) -> Option<Sid> {
        match self {
            Self::Connection(connection) => Some(connection.id()),
            Self::Request { .. } => None,
        }
    }

    /// In which languages its sender is spoken to.
    fn locale(&self, server: &Server, session: Option<&AnySession>) -> Locale {
        match self {
            Self::Connection(connection) => connection.locale().clone(),
            Self::Request { languages, .. } => {
                let of_session = session.and_then(AnySession::language);
                Locale::new(languages, of_session, &server.config.default_language)
            }
        }
    }

    /// A failure in the words of the sender. The session is read for it where it is not at hand, so
    /// that a request that was refused early is answered in the same language.
    pub(crate) async fn in_own_words(&self, server: &Server, failure: Failure) -> Failure {
        if server.messages.are_same_for_all(&failure) {
            return failure;
        }
        let session = match self {
            Self::Request {
                session: Some(key), ..
            } => server.sessions.peek(key).await.ok().flatten(),
            _ => None,
        };
        let locale = self.locale(server, session.as_ref());
        server.messages.translated(failure, &locale)
    }

    pub(super) fn is_member(&self, session: Option<&AnySession>, room: &RoomCode) -> bool {
        match self {
            Self::Connection(connection) => connection.is_member(room),
            Self::Request { .. } => session.is_some_and(|session| session.rooms().contains(room)),
        }
    }
}

/// A request, and its session if it has one that lives.
pub(super) struct Identified {
    pub(super) request: Addressed,
    pub(super) session: Option<AnySession>,
    pub(super) locale: Locale,
    pub(super) connection: Option<Sid>,
}

/// Reads the session anew for each request: one that was closed since the handshake counts no more.
pub(super) async fn identify(
    server: &Server,
    requester: &Requester,
    request: Addressed,
) -> Result<Identified, Failure> {
    let session = match requester.session() {
        None => None,
        Some(key) => server.sessions.find(key).await.map_err(Failure::internal)?,
    };
    // A page may not know that somebody else has logged in since, in another tab of its browser.
    if let Some(user) = &request.user {
        match &session {
            None => return Err(Refusal::LoginRequired.into()),
            Some(session) if session.user_id() != &**user => return Err(Refusal::Forbidden.into()),
            Some(_) => {}
        }
    }
    Ok(Identified {
        request,
        locale: requester.locale(server, session.as_ref()),
        session,
        connection: requester.connection(),
    })
}

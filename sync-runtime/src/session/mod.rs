//! Sessions: who a connection or a request belongs to, and the rooms it has joined.
//!
//! A session is opened when a user logs in and lives in a [`SessionStore`] under a key made from its
//! token. The token itself is only ever in the hands of the client: it is handed out once, in a
//! cookie, and the store keeps its SHA-256.

mod any;
#[cfg(test)]
pub(crate) mod conformance;
mod cookie;
mod credential;
mod ended;
mod memory;
#[cfg(feature = "redis")]
pub(crate) mod redis;
mod sessions;
mod store;
mod token;

use std::{fmt, ops::Deref, sync::Arc};

#[cfg(feature = "redis")]
pub use self::redis::RedisSessions;
pub(crate) use self::{
    any::{AnySession, AnySessions},
    credential::Credential,
};
pub use self::{
    cookie::SessionCookie,
    ended::{EndNotice, EndReason},
    memory::MemorySessions,
    sessions::{DEFAULT_MAX_ROOMS, OpenedSession, Sessions},
    store::{NewSession, SessionLife, SessionRecord, SessionStore, SessionStoreError, StoreFuture},
    token::{SessionKey, Token},
};

/// Whose request this is. As a handler's parameter it needs `auth = login`; take
/// `Option<Session<U>>` where a login is not required.
///
/// It dereferences to the user:
///
/// ```ignore
/// #[sync_handler(auth = login)]
/// pub async fn main(Input(input): Input<MoveCard>, user: Session<User>) -> Result<CardMoved, MoveCardError> {
///     Ok(CardMoved { card_id: input.card_id, moved_by: user.id.clone() })
/// }
/// ```
pub struct Session<U> {
    key: SessionKey,
    user: Arc<U>,
}

impl<U> Session<U> {
    /// The user.
    pub fn user(&self) -> &U {
        &self.user
    }

    /// What tells this session from others. It is no secret: the token cannot be had from it.
    pub fn key(&self) -> &SessionKey {
        &self.key
    }
}

impl<U> Deref for Session<U> {
    type Target = U;

    fn deref(&self) -> &U {
        self.user()
    }
}

impl<U> Clone for Session<U> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            user: self.user.clone(),
        }
    }
}

impl<U> fmt::Debug for Session<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

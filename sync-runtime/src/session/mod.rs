//! Sessions: who a connection or a request belongs to, and the rooms it has joined.
//!
//! A session is opened when a user logs in and lives in a [`SessionStore`] under a key made from its
//! token. The token itself is only ever in the hands of the client: it is handed out once, in a
//! cookie, and the store keeps its SHA-256.

mod cookie;
mod memory;
mod token;

use std::{any::Any, fmt, ops::Deref, sync::Arc};

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue};

pub use self::{
    cookie::SessionCookie,
    memory::MemorySessions,
    token::{SessionKey, Token},
};
use crate::{App, SessionUser, error::Failure, room::RoomCode};

/// How many rooms a session may be in, unless [`Sessions::max_rooms`] says otherwise. Past it the
/// room joined first is left.
pub const DEFAULT_MAX_ROOMS: usize = 100;

/// What a store keeps of a session.
#[derive(Debug)]
#[non_exhaustive]
pub struct SessionRecord<U> {
    /// Whom the session belongs to.
    pub user: Arc<U>,
    /// The rooms it has joined, the oldest first.
    pub rooms: Arc<[RoomCode]>,
}

impl<U> SessionRecord<U> {
    /// A new session, in no room.
    pub fn new(user: U) -> Self {
        Self {
            user: Arc::new(user),
            rooms: Arc::default(),
        }
    }

    /// Adds a room as the newest, and gives back those that were left to stay within `max`.
    pub fn join(&mut self, room: RoomCode, max: usize) -> Vec<RoomCode> {
        if self.rooms.contains(&room) {
            return Vec::new();
        }
        let mut rooms = self.rooms.to_vec();
        rooms.push(room);
        let surplus = rooms.len().saturating_sub(max.max(1));
        let left = rooms.drain(..surplus).collect();
        self.rooms = rooms.into();
        left
    }

    /// Takes a room out.
    pub fn leave(&mut self, room: &RoomCode) {
        let stays = |joined: &&RoomCode| *joined != room;
        self.rooms = self.rooms.iter().filter(stays).cloned().collect();
    }
}

impl<U> Clone for SessionRecord<U> {
    fn clone(&self) -> Self {
        Self {
            user: self.user.clone(),
            rooms: self.rooms.clone(),
        }
    }
}

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
#[error("the session store does not answer")]
pub struct SessionStoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Where sessions are kept. [`MemorySessions`] keeps them in the process.
///
/// Every change is atomic: two connections of one session may join rooms at the same time.
pub trait SessionStore<U>: Send + Sync + 'static {
    /// The session of a key, or `None` when it is unknown or over.
    fn find<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<SessionRecord<U>>, SessionStoreError>>;

    /// Adds a session.
    fn insert(
        &self,
        key: SessionKey,
        record: SessionRecord<U>,
    ) -> BoxFuture<'_, Result<(), SessionStoreError>>;

    /// Ends a session. Ending one that is over is no error.
    fn remove<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<(), SessionStoreError>>;

    /// Remembers that the session joined a room, and gives back the rooms it left to stay within
    /// `max`; `None` when there is no such session.
    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> BoxFuture<'a, Result<Option<Vec<RoomCode>>, SessionStoreError>>;

    /// Remembers that the session left a room; `false` when there is no such session.
    fn leave<'a>(
        &'a self,
        key: &'a SessionKey,
        room: &'a RoomCode,
    ) -> BoxFuture<'a, Result<bool, SessionStoreError>>;
}

/// The sessions of an app: opened at login, found by cookie, closed at logout.
///
/// A handle that is cheap to clone; keep one in the app's state for the login routes and give one to
/// [`SyncServer::builder`](crate::SyncServer::builder).
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)] struct User { id: String }
/// # impl sync_runtime::SessionUser for User { fn user_id(&self) -> &str { &self.id } }
/// use axum::{Json, http::{HeaderMap, header::SET_COOKIE}, response::IntoResponse};
/// use sync_runtime::{Failure, Sessions};
///
/// async fn log_in(sessions: Sessions<User>, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
///     let user = User { id: "ada".into() }; // once the password has been checked
///     let cookie = sessions.open(user).await?.set_cookie(&headers)?;
///     Ok(([(SET_COOKIE, cookie)], Json("welcome")))
/// }
/// ```
pub struct Sessions<U> {
    store: Arc<dyn SessionStore<U>>,
    cookie: Arc<SessionCookie>,
    max_rooms: usize,
}

impl<U: SessionUser> Sessions<U> {
    /// Sessions kept in this process, gone when it ends.
    pub fn in_memory() -> Self {
        Self::new(MemorySessions::default())
    }

    /// Sessions kept in a store.
    pub fn new(store: impl SessionStore<U>) -> Self {
        Self {
            store: Arc::new(store),
            cookie: Arc::default(),
            max_rooms: DEFAULT_MAX_ROOMS,
        }
    }

    /// Sets the cookie's name and life.
    #[must_use]
    pub fn cookie(mut self, cookie: SessionCookie) -> Self {
        self.cookie = Arc::new(cookie);
        self
    }

    /// Sets how many rooms a session may be in, [`DEFAULT_MAX_ROOMS`] by default and at least one.
    #[must_use]
    pub fn max_rooms(mut self, max: usize) -> Self {
        self.max_rooms = max.max(1);
        self
    }

    /// Opens a session for a user who has just logged in.
    ///
    /// # Errors
    /// When the store does not answer or the system has no randomness.
    pub async fn open(&self, user: U) -> Result<OpenedSession, Failure> {
        let token = Token::random().map_err(Failure::internal)?;
        self.store
            .insert(token.key(), SessionRecord::new(user))
            .await
            .map_err(Failure::internal)?;
        Ok(OpenedSession {
            token,
            cookie: self.cookie.clone(),
        })
    }

    /// The session that a request's cookie names, or `None` when there is none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn from_headers(&self, headers: &HeaderMap) -> Result<Option<Session<U>>, Failure> {
        match self.cookie.token(headers) {
            Some(token) => self.find(token.key()).await,
            None => Ok(None),
        }
    }

    /// Closes the session that a request's cookie names, and gives the `Set-Cookie` header that
    /// takes the cookie away.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn close(&self, headers: &HeaderMap) -> Result<HeaderValue, Failure> {
        if let Some(token) = self.cookie.token(headers) {
            self.store
                .remove(&token.key())
                .await
                .map_err(Failure::internal)?;
        }
        self.cookie.clear(headers).map_err(Failure::internal)
    }

    async fn find(&self, key: SessionKey) -> Result<Option<Session<U>>, Failure> {
        let record = self.store.find(&key).await.map_err(Failure::internal)?;
        Ok(record.map(|record| Session {
            key,
            user: record.user,
        }))
    }
}

impl<U> Clone for Sessions<U> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            cookie: self.cookie.clone(),
            max_rooms: self.max_rooms,
        }
    }
}

impl<U> fmt::Debug for Sessions<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("cookie", &self.cookie)
            .field("max_rooms", &self.max_rooms)
            .finish_non_exhaustive()
    }
}

/// A session that was just opened, the only moment at which its token can be handed out.
#[derive(Debug)]
pub struct OpenedSession {
    token: Token,
    cookie: Arc<SessionCookie>,
}

impl OpenedSession {
    /// The `Set-Cookie` header that gives the session to the browser: `HttpOnly`, `SameSite=Lax`,
    /// and `Secure` unless the request's `Host` is the local machine.
    ///
    /// # Errors
    /// When the cookie's name is not one that a header can carry.
    pub fn set_cookie(&self, headers: &HeaderMap) -> Result<HeaderValue, Failure> {
        self.cookie
            .set(&self.token, headers)
            .map_err(Failure::internal)
    }
}

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

/// The sessions of an app whose user type has been forgotten, as the runtime itself sees them: its
/// code is compiled once and not again for every app.
pub(crate) trait AnySessions: Send + Sync {
    fn cookie(&self) -> &SessionCookie;

    fn find<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<AnySession>, SessionStoreError>>;

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
    ) -> BoxFuture<'a, Result<Option<Vec<RoomCode>>, SessionStoreError>>;

    fn leave<'a>(
        &'a self,
        key: &'a SessionKey,
        room: &'a RoomCode,
    ) -> BoxFuture<'a, Result<bool, SessionStoreError>>;
}

/// A session whose user type has been forgotten.
#[derive(Clone)]
pub(crate) struct AnySession {
    key: SessionKey,
    rooms: Arc<[RoomCode]>,
    user: Arc<dyn AnyUser>,
}

/// A user whose type has been forgotten.
trait AnyUser: Send + Sync {
    fn user_id(&self) -> &str;

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<U: SessionUser> AnyUser for U {
    fn user_id(&self) -> &str {
        SessionUser::user_id(self)
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl AnySession {
    pub(crate) fn key(&self) -> &SessionKey {
        &self.key
    }

    pub(crate) fn rooms(&self) -> &[RoomCode] {
        &self.rooms
    }

    pub(crate) fn user_id(&self) -> &str {
        self.user.user_id()
    }

    /// The session with its type again; `None` only if it came from another app's store.
    pub(crate) fn of<A: App>(&self) -> Option<Session<A::User>> {
        let user = self.user.clone().into_any().downcast().ok()?;
        Some(Session {
            key: self.key.clone(),
            user,
        })
    }
}

impl<U: SessionUser> AnySessions for Sessions<U> {
    fn cookie(&self) -> &SessionCookie {
        &self.cookie
    }

    fn find<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<AnySession>, SessionStoreError>> {
        Box::pin(async move {
            let record = self.store.find(key).await?;
            Ok(record.map(|record| AnySession {
                key: key.clone(),
                rooms: record.rooms,
                user: record.user,
            }))
        })
    }

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
    ) -> BoxFuture<'a, Result<Option<Vec<RoomCode>>, SessionStoreError>> {
        self.store.join(key, room, self.max_rooms)
    }

    fn leave<'a>(
        &'a self,
        key: &'a SessionKey,
        room: &'a RoomCode,
    ) -> BoxFuture<'a, Result<bool, SessionStoreError>> {
        self.store.leave(key, room)
    }
}

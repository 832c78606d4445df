//! Sessions whose user type has been forgotten, as the runtime itself sees them: its code is
//! compiled once and not again for every app.

use std::{any::Any, sync::Arc, time::Duration};

use futures_util::{
    future::BoxFuture,
    stream::{self, BoxStream, StreamExt},
};
use http::HeaderMap;

use super::{
    Credential, EndNotice, Session, SessionKey, SessionRecord, SessionStoreError, Sessions,
    StoreFuture,
};
use crate::{App, SessionUser, panic, room::RoomCode};

/// The [`Sessions`] of an app.
pub(crate) trait AnySessions: Send + Sync {
    /// The session that headers name.
    fn credential(&self, headers: &HeaderMap) -> Option<Credential>;

    /// The session that the token of a Socket.IO handshake names.
    fn credential_of(&self, token: &str) -> Option<Credential>;

    /// The session of somebody who does something: it lives on because of it.
    fn find<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, FoundSession>;

    /// The session of somebody who is only looked at.
    fn peek<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, FoundSession>;

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>>;

    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool>;

    /// The sessions of a user.
    fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>>;

    /// How many rooms a session may be in, and each of its connections.
    fn max_rooms(&self) -> usize;

    /// The ends of sessions from now on, wherever they were brought about.
    fn notices(&self) -> BoxStream<'static, EndNotice>;

    /// Opens a session for a user, and gives its `Set-Cookie` header; `None` if the user is of another type.
    #[cfg(feature = "testing")]
    fn open_any(
        &self,
        user: Box<dyn Any + Send + Sync>,
    ) -> BoxFuture<'_, Result<Option<http::HeaderValue>, crate::Failure>>;
}

type FoundSession = Result<Option<AnySession>, SessionStoreError>;

/// Asks a store, which may be the app's own: one that panics does not answer.
fn asked<'a, T: 'a>(
    asking: impl Future<Output = Result<T, SessionStoreError>> + Send + 'a,
) -> StoreFuture<'a, T> {
    Box::pin(panic::contained(asking, |said| {
        SessionStoreError(said.into())
    }))
}

/// A session whose user type has been forgotten.
#[derive(Clone)]
pub(crate) struct AnySession {
    key: SessionKey,
    rooms: Arc<[RoomCode]>,
    left: Duration,
    user: Arc<dyn AnyUser>,
}

/// A user whose type has been forgotten.
trait AnyUser: Send + Sync {
    fn user_id(&self) -> &str;

    fn language(&self) -> Option<&str>;

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<U: SessionUser> AnyUser for U {
    fn user_id(&self) -> &str {
        SessionUser::user_id(self)
    }

    fn language(&self) -> Option<&str> {
        SessionUser::language(self)
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl AnySession {
    fn new<U: SessionUser>(key: &SessionKey, record: SessionRecord<U>) -> Self {
        Self {
            key: key.clone(),
            rooms: record.rooms,
            left: record.left,
            user: record.user,
        }
    }

    pub(crate) fn key(&self) -> &SessionKey {
        &self.key
    }

    pub(crate) fn rooms(&self) -> &[RoomCode] {
        &self.rooms
    }

    /// How long it lives if it is not used again.
    pub(crate) fn left(&self) -> Duration {
        self.left
    }

    pub(crate) fn user_id(&self) -> &str {
        self.user.user_id()
    }

    pub(crate) fn language(&self) -> Option<&str> {
        self.user.language()
    }

    /// The user, if it is of this type.
    pub(crate) fn user<U: SessionUser>(&self) -> Option<Arc<U>> {
        self.user.clone().into_any().downcast().ok()
    }

    /// The session with its type again; `None` only if it came from another app's store.
    pub(crate) fn of<A: App>(&self) -> Option<Session<A::User>> {
        Some(Session {
            key: self.key.clone(),
            user: self.user()?,
        })
    }
}

impl<U: SessionUser> AnySessions for Sessions<U> {
    fn credential(&self, headers: &HeaderMap) -> Option<Credential> {
        self.credential(headers)
    }

    fn credential_of(&self, token: &str) -> Option<Credential> {
        self.credential_of(token)
    }

    fn find<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, FoundSession> {
        asked(async move {
            let record = self.find_used(key).await?;
            Ok(record.map(|record| AnySession::new(key, record)))
        })
    }

    fn peek<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, FoundSession> {
        asked(async move {
            let record = self.store.find(key).await?;
            Ok(record.map(|record| AnySession::new(key, record)))
        })
    }

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>> {
        asked(async move { self.store.join(key, room, self.rules.max_rooms).await })
    }

    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool> {
        asked(async move { self.store.leave(key, room).await })
    }

    fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>> {
        asked(async move { self.store.of_user(user_id).await })
    }

    fn max_rooms(&self) -> usize {
        self.rules.max_rooms
    }

    fn notices(&self) -> BoxStream<'static, EndNotice> {
        stream::select(self.ends.listen().boxed(), self.store.notices()).boxed()
    }

    #[cfg(feature = "testing")]
    fn open_any(
        &self,
        user: Box<dyn Any + Send + Sync>,
    ) -> BoxFuture<'_, Result<Option<http::HeaderValue>, crate::Failure>> {
        Box::pin(async move {
            let Ok(user) = user.downcast::<U>() else {
                return Ok(None);
            };
            let opened = self.open(*user).await?;
            opened.set_cookie(&HeaderMap::new()).map(Some)
        })
    }
}

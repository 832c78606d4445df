//! The handle through which an app opens, finds and ends sessions.

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue};

use super::{
    Credential, EndReason, MemorySessions, NewSession, Session, SessionCookie, SessionKey,
    SessionLife, SessionRecord, SessionStore, SessionStoreError, Token, credential, ended::Ends,
};
use crate::{Failure, SessionUser};

/// How many rooms a session may be in, unless [`Sessions::max_rooms`] says otherwise. Past it the
/// room joined first is left.
pub const DEFAULT_MAX_ROOMS: usize = 100;

/// How long a session lives without being used, unless [`Sessions::life`] says otherwise.
const DEFAULT_LIFE: Duration = Duration::from_hours(30 * 24);

/// The lives that a session can have. A shorter one could end between a login and the request that
/// follows; a longer one is no limit, and clocks cannot count to any length.
const LIVES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(10 * 366 * 24));

/// A session that is used gets its whole life again once this part of it has passed, and not with
/// each request: finding a session is a read, this is a write.
const REFRESH_AFTER: u32 = 10;

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
///
/// # When a session ends
/// When its user logs out ([`close`](Self::close)), when it is [revoked](Self::revoke), and by itself
/// when it has not been used for its [`life`](Self::life). A request of a session that is over is
/// one of nobody. The session's connections hear `sync-session-ended` and are closed: at once where
/// it was ended, and within five seconds where it expired. Being connected and listening is no use:
/// a request, a handshake or [`from_headers`](Self::from_headers) is.
///
/// # Cookies and bearer tokens
/// The token travels in a cookie. With [`bearer(true)`](Self::bearer), for clients that have none,
/// also as `auth.token` of the Socket.IO handshake and in `Authorization: Bearer`.
///
/// # When the store does not answer
/// Nobody is taken for logged in or logged out by mistake: a handshake that names a session is
/// refused, a request that does is answered with `sync.serverExecutionFailed`, and the functions
/// here fail. Connections that stand stay, and those without a session notice nothing. `RedisSessions` can be
/// told to let those who were there go on for a while (`remember_for`).
pub struct Sessions<U> {
    pub(super) store: Arc<dyn SessionStore<U>>,
    pub(super) rules: Rules,
    pub(super) ends: Ends,
    cookie: Arc<SessionCookie>,
}

/// What holds for all sessions of an app.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) max_rooms: usize,
    life: SessionLife,
    single_per_user: bool,
    bearer: bool,
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
            rules: Rules {
                max_rooms: DEFAULT_MAX_ROOMS,
                life: SessionLife {
                    idle: DEFAULT_LIFE,
                    max: None,
                },
                single_per_user: false,
                bearer: false,
            },
            ends: Ends::default(),
            cookie: Arc::default(),
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
        self.rules.max_rooms = max.max(1);
        self
    }

    /// Sets how long a session lives without being used: 30 days by default, between one second and
    /// ten years. A session that is used lives on; to spare the store, a use counts only when a
    /// tenth of the life has passed since the last that did.
    #[must_use]
    pub fn life(mut self, idle: Duration) -> Self {
        self.rules.life.idle = idle.clamp(LIVES.0, LIVES.1);
        self
    }

    /// Sets how long a session lives however much it is used: without limit by default, otherwise
    /// between one second and ten years.
    #[must_use]
    pub fn max_life(mut self, max: Duration) -> Self {
        self.rules.life.max = Some(max.clamp(LIVES.0, LIVES.1));
        self
    }

    /// Sets whether a user has one session at a time, so that a login revokes the older ones. Off by
    /// default.
    #[must_use]
    pub fn single_per_user(mut self, single: bool) -> Self {
        self.rules.single_per_user = single;
        self
    }

    /// Sets whether a token is also taken from the Socket.IO handshake (`auth: { token }`) and from
    /// `Authorization: Bearer`, and whether [`OpenedSession::reveal_bearer_token`] hands it out.
    /// Off by default: a token that scripts can read is a token that a script of an attacker can
    /// read.
    ///
    /// Such a token comes before a cookie, which then does not count, and is taken from pages of
    /// every origin if its session lives: unlike a cookie, it was not added by a browser on its own.
    /// Whether such a page may read an answer over HTTP is for your CORS layer to say.
    #[must_use]
    pub fn bearer(mut self, bearer: bool) -> Self {
        self.rules.bearer = bearer;
        self
    }

    /// Opens a session for a user who has just logged in.
    ///
    /// # Errors
    /// When the store does not answer or the system has no randomness.
    pub async fn open(&self, user: U) -> Result<OpenedSession, Failure> {
        let token = Token::random().map_err(Failure::internal)?;
        let session = NewSession {
            key: token.key(),
            user,
            life: self.rules.life,
            only: self.rules.single_per_user,
        };
        let ended = self.store.insert(session).await;
        for key in ended.map_err(Failure::internal)? {
            self.ends.tell(key, EndReason::Revoked);
        }
        Ok(OpenedSession {
            token,
            cookie: self.cookie.clone(),
            rules: self.rules,
        })
    }

    /// The session that a request names by its cookie (or as a bearer token, where these are turned
    /// on), or `None` when there is none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn from_headers(&self, headers: &HeaderMap) -> Result<Option<Session<U>>, Failure> {
        let Some(Credential { key, .. }) = self.credential(headers) else {
            return Ok(None);
        };
        let found = self.find_used(&key).await.map_err(Failure::internal)?;
        Ok(found.map(|record| Session {
            key,
            user: record.user,
        }))
    }

    /// Logs out: ends the session that a request names, tells and closes its connections, and gives
    /// the `Set-Cookie` header that takes the cookie away.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn close(&self, headers: &HeaderMap) -> Result<HeaderValue, Failure> {
        if let Some(Credential { key, .. }) = self.credential(headers) {
            self.end(&key, EndReason::LoggedOut).await?;
        }
        self.cookie.clear(headers).map_err(Failure::internal)
    }

    /// Ends a session, tells its connections and closes them; `false` when there is no such session.
    ///
    /// # Errors
    /// When the store does not answer. The session may live then.
    pub async fn revoke(&self, key: &SessionKey) -> Result<bool, Failure> {
        self.end(key, EndReason::Revoked).await
    }

    /// Ends all sessions of a user, as [`revoke`](Self::revoke) does, and tells how many these were.
    ///
    /// # Errors
    /// When the store does not answer. The sessions may live then.
    pub async fn revoke_user(&self, user_id: &str) -> Result<usize, Failure> {
        let ended = self.store.remove_user(user_id, EndReason::Revoked).await;
        let ended = ended.map_err(Failure::internal)?;
        let count = ended.len();
        for key in ended {
            self.ends.tell(key, EndReason::Revoked);
        }
        Ok(count)
    }

    /// The sessions of a user, in no particular order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn of_user(&self, user_id: &str) -> Result<Vec<SessionKey>, Failure> {
        let found = self.store.of_user(user_id).await;
        found.map_err(Failure::internal)
    }

    async fn end(&self, key: &SessionKey, reason: EndReason) -> Result<bool, Failure> {
        let ended = self.store.remove(key, reason).await;
        let ended = ended.map_err(Failure::internal)?;
        if ended {
            self.ends.tell(key.clone(), reason);
        }
        Ok(ended)
    }

    /// The session that headers name. A bearer token comes before a cookie.
    pub(super) fn credential(&self, headers: &HeaderMap) -> Option<Credential> {
        let bearer = || credential::bearer(headers);
        let sent = self.rules.bearer.then(bearer).flatten();
        let is_cookie = sent.is_none();
        let token = sent.or_else(|| self.cookie.token(headers))?;
        Some(Credential {
            key: token.key(),
            is_cookie,
        })
    }

    /// The session that a token names which was sent on purpose, where these are turned on.
    pub(super) fn credential_of(&self, token: &str) -> Option<Credential> {
        let token = || Token::parse(token);
        let token = self.rules.bearer.then(token).flatten()?;
        Some(Credential {
            key: token.key(),
            is_cookie: false,
        })
    }

    /// Finds a session for somebody who uses it, so that it lives on.
    pub(super) async fn find_used(
        &self,
        key: &SessionKey,
    ) -> Result<Option<SessionRecord<U>>, SessionStoreError> {
        let Some(mut record) = self.store.find(key).await? else {
            return Ok(None);
        };
        let SessionLife { idle, .. } = self.rules.life;
        let renewed = record.left_at_most.map_or(idle, |most| idle.min(most));
        if renewed.saturating_sub(record.left) >= idle / REFRESH_AFTER {
            match self.store.refresh(key, idle).await {
                Ok(()) => record.left = renewed,
                // It lives, so the request goes on; the next one tries again.
                Err(error) => tracing::warn!(%error, "a session could not be prolonged"),
            }
        }
        Ok(Some(record))
    }
}

impl<U> Clone for Sessions<U> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            rules: self.rules,
            ends: self.ends.clone(),
            cookie: self.cookie.clone(),
        }
    }
}

impl<U> fmt::Debug for Sessions<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("cookie", &self.cookie)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// A session that was just opened, the only moment at which its token can be handed out.
#[derive(Debug)]
pub struct OpenedSession {
    token: Token,
    cookie: Arc<SessionCookie>,
    rules: Rules,
}

impl OpenedSession {
    /// The `Set-Cookie` header that gives the session to the browser: `HttpOnly`, `SameSite=Lax`,
    /// and `Secure` unless the request's `Host` is the local machine. A request over HTTP/2 has no `Host`
    /// and gets one that is `Secure` also there, where browsers speak HTTP/2 over TLS alone.
    ///
    /// # Errors
    /// When the cookie's name is not one that a header can carry.
    pub fn set_cookie(&self, headers: &HeaderMap) -> Result<HeaderValue, Failure> {
        self.cookie
            .set(&self.token, self.rules.life.max, headers)
            .map_err(Failure::internal)
    }

    /// What tells the session from others.
    pub fn key(&self) -> SessionKey {
        self.token.key()
    }

    /// The token itself, for a client that sends it as a bearer token. Whoever has it is the user:
    /// give it to that client alone, and never write it down. `None` unless
    /// [`Sessions::bearer`] is on.
    pub fn reveal_bearer_token(&self) -> Option<&str> {
        self.rules.bearer.then(|| self.token.reveal())
    }
}

#[cfg(test)]
mod tests;

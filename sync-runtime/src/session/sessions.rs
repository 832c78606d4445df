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
/// here fail. Connections that stand stay, and those without a session notice nothing.
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
        let Some(Credential { key, .. }) = self.credential(headers, None) else {
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
        if let Some(Credential { key, .. }) = self.credential(headers, None) {
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

    pub(super) fn credential(
        &self,
        headers: &HeaderMap,
        handshake: Option<&str>,
    ) -> Option<Credential> {
        let sent = if self.rules.bearer {
            let token = handshake.and_then(Token::parse);
            token.or_else(|| credential::bearer(headers))
        } else {
            None
        };
        let is_cookie = sent.is_none();
        let token = sent.or_else(|| self.cookie.token(headers))?;
        Some(Credential {
            key: token.key(),
            is_cookie,
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
    /// and `Secure` unless the request's `Host` is the local machine.
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
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::{FutureExt, StreamExt, stream::BoxStream};
    use http::header::{AUTHORIZATION, COOKIE};
    use tokio::time::advance;

    use super::{
        super::{
            AnySessions, EndNotice, StoreFuture,
            conformance::{User, user},
        },
        *,
    };
    use crate::room::RoomCode;

    const MINUTE: Duration = Duration::from_mins(1);

    /// The headers of a browser that was given the session.
    fn browser(opened: &OpenedSession) -> HeaderMap {
        let header = opened.set_cookie(&HeaderMap::new()).expect("a cookie");
        let header = header.to_str().expect("a readable cookie");
        let cookie = header.split(';').next().unwrap_or_default();
        let cookie = HeaderValue::from_str(cookie).expect("a cookie");
        HeaderMap::from_iter([(COOKIE, cookie)])
    }

    fn ended(opened: &OpenedSession, reason: EndReason) -> EndNotice {
        EndNotice::Ended {
            key: opened.key(),
            reason,
        }
    }

    fn heard(notices: &mut BoxStream<'static, EndNotice>) -> Vec<EndNotice> {
        std::iter::from_fn(|| notices.next().now_or_never().flatten()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_is_used_lives_on_and_one_that_is_not_ends() -> Result<(), Failure> {
        let sessions = Sessions::in_memory().life(10 * MINUTE);
        let used = browser(&sessions.open(user("ada")).await?);
        let idle = browser(&sessions.open(user("bob")).await?);
        for _ in 0..10 {
            advance(5 * MINUTE).await;
            assert!(sessions.from_headers(&used).await?.is_some());
        }
        assert!(sessions.from_headers(&idle).await?.is_none());
        advance(11 * MINUTE).await;
        assert!(sessions.from_headers(&used).await?.is_none());
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_is_only_looked_at_does_not_live_on() -> Result<(), Failure> {
        let sessions = Sessions::in_memory().life(10 * MINUTE);
        let opened = sessions.open(user("ada")).await?;
        for expected in [true, false] {
            advance(6 * MINUTE).await;
            let found = sessions.peek(&opened.key()).await;
            assert_eq!(found.map_err(Failure::internal)?.is_some(), expected);
        }
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn no_use_takes_a_session_past_its_longest_life() -> Result<(), Failure> {
        let sessions = Sessions::in_memory()
            .life(10 * MINUTE)
            .max_life(25 * MINUTE);
        let headers = browser(&sessions.open(user("ada")).await?);
        for minute in 1..=30 {
            advance(MINUTE).await;
            let lives = sessions.from_headers(&headers).await?.is_some();
            assert_eq!(lives, minute < 25, "in minute {minute}");
        }
        Ok(())
    }

    /// A store that counts how often it was asked to prolong a session, or fails to.
    struct Counting {
        store: MemorySessions<User>,
        refreshes: Arc<AtomicUsize>,
        fails: bool,
    }

    impl SessionStore<User> for Counting {
        fn find<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<SessionRecord<User>>> {
            self.store.find(key)
        }
        fn insert(&self, session: NewSession<User>) -> StoreFuture<'_, Vec<SessionKey>> {
            self.store.insert(session)
        }
        fn refresh<'a>(&'a self, key: &'a SessionKey, idle: Duration) -> StoreFuture<'a, ()> {
            self.refreshes.fetch_add(1, Ordering::Relaxed);
            if self.fails {
                return Box::pin(async { Err(SessionStoreError("a test's failure".into())) });
            }
            self.store.refresh(key, idle)
        }
        fn remove<'a>(&'a self, key: &'a SessionKey, why: EndReason) -> StoreFuture<'a, bool> {
            self.store.remove(key, why)
        }
        fn remove_user<'a>(
            &'a self,
            user_id: &'a str,
            why: EndReason,
        ) -> StoreFuture<'a, Vec<SessionKey>> {
            self.store.remove_user(user_id, why)
        }
        fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>> {
            self.store.of_user(user_id)
        }
        fn join<'a>(
            &'a self,
            key: &'a SessionKey,
            room: RoomCode,
            max: usize,
        ) -> StoreFuture<'a, Option<Vec<RoomCode>>> {
            self.store.join(key, room, max)
        }
        fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool> {
            self.store.leave(key, room)
        }
    }

    fn counting(fails: bool) -> (Sessions<User>, Arc<AtomicUsize>) {
        let refreshes = Arc::<AtomicUsize>::default();
        let store = Counting {
            store: MemorySessions::default(),
            refreshes: refreshes.clone(),
            fails,
        };
        (Sessions::new(store), refreshes)
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_session_is_written_at_most_ten_times_in_its_life() -> Result<(), Failure> {
        let (sessions, refreshes) = counting(false);
        let sessions = sessions.life(100 * MINUTE).max_life(150 * MINUTE);
        let headers = browser(&sessions.open(user("ada")).await?);
        for _ in 0..149 {
            advance(MINUTE).await;
            for _ in 0..3 {
                assert!(sessions.from_headers(&headers).await?.is_some());
            }
        }
        // Every ten minutes until there is nothing more to prolong.
        assert_eq!(refreshes.load(Ordering::Relaxed), 5);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_cannot_be_prolonged_is_found_all_the_same() -> Result<(), Failure> {
        let (sessions, _) = counting(true);
        let headers = browser(&sessions.open(user("ada")).await?);
        advance(DEFAULT_LIFE / 2).await;
        assert!(sessions.from_headers(&headers).await?.is_some());
        Ok(())
    }

    #[tokio::test]
    async fn a_logout_ends_one_session_and_tells_of_it_once() -> Result<(), Failure> {
        let sessions = Sessions::in_memory();
        let mut notices = sessions.notices();
        let (one, other) = (
            sessions.open(user("ada")).await?,
            sessions.open(user("ada")).await?,
        );
        for _ in 0..2 {
            let cookie = sessions.close(&browser(&one)).await?;
            assert!(cookie.to_str().is_ok_and(|text| text.contains("Max-Age=0")));
        }
        assert_eq!(heard(&mut notices), [ended(&one, EndReason::LoggedOut)]);
        assert!(sessions.from_headers(&browser(&one)).await?.is_none());
        assert!(sessions.from_headers(&browser(&other)).await?.is_some());
        Ok(())
    }

    #[tokio::test]
    async fn a_session_and_all_of_a_users_can_be_revoked() -> Result<(), Failure> {
        let sessions = Sessions::in_memory();
        let mut notices = sessions.notices();
        let one = sessions.open(user("ada")).await?;
        assert!(sessions.revoke(&one.key()).await?);
        assert!(!sessions.revoke(&one.key()).await?);
        assert_eq!(heard(&mut notices), [ended(&one, EndReason::Revoked)]);

        sessions.open(user("ada")).await?;
        sessions.open(user("ada")).await?;
        let bob = sessions.open(user("bob")).await?;
        assert_eq!(sessions.revoke_user("ada").await?, 2);
        assert_eq!(heard(&mut notices).len(), 2);
        assert_eq!(sessions.of_user("ada").await?, []);
        assert_eq!(sessions.of_user("bob").await?, [bob.key()]);
        Ok(())
    }

    #[tokio::test]
    async fn where_a_user_has_one_session_a_login_ends_the_one_before() -> Result<(), Failure> {
        let sessions = Sessions::in_memory().single_per_user(true);
        let mut notices = sessions.notices();
        let first = sessions.open(user("ada")).await?;
        sessions.open(user("bob")).await?;
        assert_eq!(heard(&mut notices), []);
        let second = sessions.open(user("ada")).await?;
        assert_eq!(heard(&mut notices), [ended(&first, EndReason::Revoked)]);
        assert!(sessions.from_headers(&browser(&first)).await?.is_none());
        assert!(sessions.from_headers(&browser(&second)).await?.is_some());
        Ok(())
    }

    #[tokio::test]
    async fn a_bearer_token_counts_only_where_it_is_turned_on() -> Result<(), Failure> {
        let sessions = Sessions::in_memory().bearer(true);
        let opened = sessions.open(user("ada")).await?;
        let token = opened.reveal_bearer_token().expect("bearer mode");
        let header = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header");
        let headers = HeaderMap::from_iter([(AUTHORIZATION, header)]);
        let sent = Credential {
            key: opened.key(),
            is_cookie: false,
        };
        let credential = |headers, handshake| sessions.credential(headers, handshake);
        assert_eq!(credential(&headers, None), Some(sent.clone()));
        assert_eq!(credential(&HeaderMap::new(), Some(token)), Some(sent));
        assert!(sessions.from_headers(&headers).await?.is_some());

        let cookies_only = sessions.clone().bearer(false);
        assert!(cookies_only.credential(&headers, Some(token)).is_none());
        assert!(cookies_only.from_headers(&headers).await?.is_none());
        let opened = cookies_only.open(user("ada")).await?;
        assert_eq!(opened.reveal_bearer_token(), None);
        Ok(())
    }

    #[tokio::test]
    async fn a_bearer_token_comes_before_a_cookie_which_then_does_not_count() -> Result<(), Failure>
    {
        let sessions = Sessions::in_memory().bearer(true);
        let opened = sessions.open(user("ada")).await?;
        let headers = browser(&opened);
        let by_cookie = sessions.credential(&headers, Some(""));
        assert_eq!(by_cookie.map(|found| found.is_cookie), Some(true));

        let other = sessions.credential(&headers, Some("unknown"));
        assert!(other.is_some_and(|found| !found.is_cookie && found.key != opened.key()));
        Ok(())
    }

    #[tokio::test]
    async fn no_debug_shows_a_token() -> Result<(), Failure> {
        let sessions = Sessions::in_memory().bearer(true);
        let opened = sessions.open(user("ada")).await?;
        let token = opened
            .reveal_bearer_token()
            .expect("bearer mode")
            .to_owned();
        let session = sessions.from_headers(&browser(&opened)).await?;
        assert!(!format!("{opened:?} {sessions:?} {session:?}").contains(&token));
        Ok(())
    }
}

//! Sessions in Redis, for an app that runs as several processes.

mod notices;
mod remembered;
mod scripts;
#[cfg(test)]
pub(crate) mod server_for_tests;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::BoxStream};
use redis::{Client, FromRedisValue, ScriptInvocation, aio::ConnectionManager};

use self::{remembered::Remembered, scripts::Scripts};
use super::{
    EndNotice, EndReason, NewSession, SessionKey, SessionRecord, SessionStore, SessionStoreError,
    StoreFuture,
};
use crate::{
    SessionUser,
    redis_connection::{self, Link, Words},
    room::RoomCode,
};

/// How long Redis may take to answer, unless [`RedisSessions::timeout`] says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

const WORDS: Words = Words {
    away: "Redis does not tell of sessions: those who have one are refused until it does",
    back: "Redis tells of sessions again",
};

/// Sessions in Redis (6 or newer): they outlive the process, and several processes share them. One
/// that is ended on one node ends its connections on all.
///
/// ```no_run
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)] struct User { id: String }
/// # impl sync_runtime::SessionUser for User { fn user_id(&self) -> &str { &self.id } }
/// use sync_runtime::{RedisSessions, SessionStoreError, Sessions};
///
/// async fn sessions() -> Result<Sessions<User>, SessionStoreError> {
///     let store = RedisSessions::connect("redis://127.0.0.1:6379/").await?;
///     Ok(Sessions::new(store.prefix("board:")))
/// }
/// ```
///
/// Redis keeps for each session a hash with the user as JSON and the rooms, and for each user a
/// sorted set of session keys; both end by themselves. A change is one script each, so that several
/// nodes can make it at the same time. Tokens are not there, only their SHA-256. Who can read this
/// Redis can see who is logged in, and who can write it can be anybody.
///
/// # When Redis is gone
/// Every command fails after two seconds ([`timeout`](Self::timeout)) at the latest, and at once when
/// Redis has been away for that long already: a shorter absence only delays. What failing means is said at
/// [`Sessions`](super::Sessions). The connection comes back by itself. As ends of sessions may have been
/// missed until then, all sessions with connections are then looked at again.
///
/// With [`remember_for`](Self::remember_for) those who were there go on meanwhile.
///
/// A session whose user cannot be read any more, because the app's type has changed, is over: its
/// user has to log in again.
pub struct RedisSessions {
    client: Client,
    connection: ConnectionManager,
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    remembered: Option<Arc<Remembered>>,
    prefix: String,
    timeout: Duration,
}

impl RedisSessions {
    /// Connects to Redis at a URL, `redis://[user:password@]host[:port][/database]`. Keys begin with
    /// `sync:`.
    ///
    /// # Errors
    /// When the URL is none, or nothing answers there within two seconds.
    pub async fn connect(url: &str) -> Result<Self, SessionStoreError> {
        let connected = redis_connection::connect(url, DEFAULT_TIMEOUT).await;
        let (client, connection) = connected.map_err(failed)?;
        Ok(Self {
            link: Link::new(connection.clone(), DEFAULT_TIMEOUT, WORDS),
            connection,
            client,
            scripts: Arc::default(),
            remembered: None,
            prefix: "sync:".into(),
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// Sets what all keys begin with, `sync:` by default, and the channel too on which ends of
    /// sessions are told: apps of different prefixes share a Redis without noticing each other.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets how long a command may take, two seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self.link = Link::new(self.connection.clone(), timeout, WORDS);
        self
    }

    /// Sets how long what this process has read of a session counts while Redis does not answer: not at all
    /// by default. With it, those who have been active lately go on asking and hearing on live routes, and come back
    /// to their rooms, on the nodes that they were on. What is given up is what Redis cannot tell of: a session
    /// that ended on another node just before, and rooms joined or left elsewhere, count as they were read. What
    /// changes a session, a login, a join, fails all the same. As soon as Redis is back the sessions of all
    /// connections are looked at again.
    ///
    /// Of the sessions read last 10,000 to 20,000 are remembered, each with its user and rooms.
    #[must_use]
    pub fn remember_for(mut self, duration: Duration) -> Self {
        let remembers = !duration.is_zero();
        self.remembered = remembers.then(|| Arc::new(Remembered::new(duration)));
        self
    }

    fn forget(&self, key: &SessionKey) {
        if let Some(remembered) = &self.remembered {
            remembered.forget(key);
        }
    }

    /// What Redis says of a session, or, where it does not answer, what it has said.
    async fn look(&self, key: &SessionKey) -> Result<Option<Found>, SessionStoreError> {
        let mut script = self.scripts.find.prepare_invoke();
        script.key(self.session(key));
        let asked = self.run::<Option<Found>>(&script).await;
        let Some(remembered) = &self.remembered else {
            return asked;
        };
        match asked {
            Ok(found) => {
                remembered.note(key, found.as_ref());
                Ok(found)
            }
            Err(error) if self.link.answers() => Err(error),
            Err(error) => remembered.get(key).map(Some).ok_or(error),
        }
    }

    fn session(&self, key: &SessionKey) -> String {
        format!("{}session:{}", self.prefix, key.as_str())
    }

    fn user(&self, user_id: &str) -> String {
        format!("{}user:{user_id}", self.prefix)
    }

    fn channel(&self) -> String {
        format!("{}sessions-ended", self.prefix)
    }

    async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, SessionStoreError> {
        self.link.back().await.map_err(failed)?;
        let mut connection = self.link.connection();
        let answered = self.link.within(script.invoke_async(&mut connection));
        answered.await.map_err(failed)
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SessionStoreError {
    SessionStoreError(error.into())
}

fn milliseconds(duration: Duration) -> u64 {
    // Redis takes no life of zero.
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

fn keys(texts: &[String]) -> Vec<SessionKey> {
    let parsed = texts.iter().map(|text| SessionKey::parse(text));
    parsed.flatten().collect()
}

fn rooms<C: FromIterator<RoomCode>>(json: &str) -> Result<C, SessionStoreError> {
    let names: Vec<String> = serde_json::from_str(json).map_err(failed)?;
    let rooms = names.iter().map(|name| RoomCode::parse(name));
    rooms.collect::<Result<_, _>>().map_err(failed)
}

/// User, rooms, milliseconds left, milliseconds left at most or -1.
type Found = (String, String, i64, i64);

fn record<U: SessionUser>(
    (user, room_names, left, most): Found,
) -> Result<Option<SessionRecord<U>>, SessionStoreError> {
    // Not the error itself: it can quote the user.
    let Ok(user) = serde_json::from_str(&user) else {
        tracing::warn!("a session is passed over: its user is not of the app's type");
        return Ok(None);
    };
    let duration = |ms: i64| u64::try_from(ms).ok().map(Duration::from_millis);
    Ok(Some(SessionRecord {
        user: Arc::new(user),
        rooms: rooms(&room_names)?,
        left: duration(left).unwrap_or_default(),
        left_at_most: duration(most),
    }))
}

impl<U: SessionUser> SessionStore<U> for RedisSessions {
    fn find<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<SessionRecord<U>>> {
        Box::pin(async move {
            match self.look(key).await? {
                Some(found) => record(found),
                None => Ok(None),
            }
        })
    }

    fn insert(&self, session: NewSession<U>) -> StoreFuture<'_, Vec<SessionKey>> {
        Box::pin(async move {
            let user_id = session.user.user_id();
            let max = session.life.max.map(milliseconds);
            let mut script = self.scripts.insert.prepare_invoke();
            script
                .key(self.session(&session.key))
                .key(self.user(user_id))
                .arg(session.key.as_str())
                .arg(serde_json::to_string(&session.user).map_err(failed)?)
                .arg(user_id)
                .arg(milliseconds(session.life.idle))
                .arg(max.map_or_else(String::new, |max| max.to_string()))
                .arg(if session.only { "1" } else { "0" })
                .arg(&self.prefix)
                .arg(self.channel());
            Ok(keys(&self.run::<Vec<String>>(&script).await?))
        })
    }

    fn refresh<'a>(&'a self, key: &'a SessionKey, idle: Duration) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut script = self.scripts.refresh.prepare_invoke();
            script
                .key(self.session(key))
                .arg(key.as_str())
                .arg(milliseconds(idle))
                .arg(&self.prefix);
            self.run(&script).await
        })
    }

    fn remove<'a>(&'a self, key: &'a SessionKey, reason: EndReason) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.forget(key);
            let mut script = self.scripts.remove.prepare_invoke();
            script
                .key(self.session(key))
                .arg(key.as_str())
                .arg(&self.prefix)
                .arg(notices::word(reason))
                .arg(self.channel());
            self.run(&script).await
        })
    }

    fn remove_user<'a>(
        &'a self,
        user_id: &'a str,
        reason: EndReason,
    ) -> StoreFuture<'a, Vec<SessionKey>> {
        Box::pin(async move {
            let mut script = self.scripts.remove_user.prepare_invoke();
            script
                .key(self.user(user_id))
                .arg(&self.prefix)
                .arg(notices::word(reason))
                .arg(self.channel());
            let ended = keys(&self.run::<Vec<String>>(&script).await?);
            for key in &ended {
                self.forget(key);
            }
            Ok(ended)
        })
    }

    fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>> {
        Box::pin(async move {
            let mut script = self.scripts.of_user.prepare_invoke();
            script.key(self.user(user_id)).arg(&self.prefix);
            Ok(keys(&self.run::<Vec<String>>(&script).await?))
        })
    }

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>> {
        Box::pin(async move {
            let mut script = self.scripts.join.prepare_invoke();
            script
                .key(self.session(key))
                .arg(room.as_str())
                .arg(max.max(1));
            let left: Option<String> = self.run(&script).await?;
            left.map(|left| rooms(&left)).transpose()
        })
    }

    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.forget(key);
            let mut script = self.scripts.leave.prepare_invoke();
            script.key(self.session(key)).arg(room.as_str());
            self.run(&script).await
        })
    }

    fn notices(&self) -> BoxStream<'static, EndNotice> {
        let notices = notices::listen(self.client.clone(), &self.channel(), self.timeout);
        let remembered = self.remembered.clone();
        notices
            .inspect(move |notice| {
                if let Some(remembered) = &remembered {
                    remembered.hear(notice);
                }
            })
            .boxed()
    }
}

impl fmt::Debug for RedisSessions {
    /// Without the URL, which can have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSessions")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

//! A connection to Redis whose outages are noticed once, by all who use it.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use redis::{RedisError, RedisResult, aio::ConnectionManager};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::PAUSE;

/// What is logged when Redis goes away, and when it is back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) away: &'static str,
    pub(crate) back: &'static str,
}

/// A connection, and since when it is worth nothing.
pub(crate) struct Link {
    connection: ConnectionManager,
    timeout: Duration,
    words: Words,
    away_since: watch::Sender<Option<Instant>>,
}

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("Redis does not answer")]
    Away,
    /// It has answered that it will not.
    #[error(transparent)]
    Refused(RedisError),
}

impl Link {
    /// `timeout` is how long a command may take.
    pub(crate) fn new(connection: ConnectionManager, timeout: Duration, words: Words) -> Arc<Self> {
        Arc::new(Self {
            connection,
            timeout,
            words,
            away_since: watch::Sender::new(None),
        })
    }

    pub(crate) fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    /// Whether Redis answered when it was last asked.
    pub(crate) fn answers(&self) -> bool {
        self.away_since.borrow().is_none()
    }

    /// Waits for a Redis that has just gone to come back, until it has been away for as long as a command
    /// may take. Otherwise each command would wait that long, and those behind it in turn: a queue that is
    /// worked off only long after Redis is back.
    pub(crate) async fn back(&self) -> Result<(), Unanswered> {
        let Some(since) = *self.away_since.borrow() else {
            return Ok(());
        };
        let mut changes = self.away_since.subscribe();
        let back = changes.wait_for(Option::is_none);
        match timeout_at(since + self.timeout, back).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Unanswered::Away),
        }
    }

    /// Waits for the result of a command.
    pub(crate) async fn within<T>(
        self: &Arc<Self>,
        command: impl Future<Output = RedisResult<T>>,
    ) -> Result<T, Unanswered> {
        match timeout(self.timeout, command).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if is_answer(&error) => Err(Unanswered::Refused(error)),
            Ok(Err(error)) => Err(self.is_away(&error)),
            Err(late) => Err(self.is_away(&late)),
        }
    }

    /// From now on Redis is asked again and again whether it answers, by nobody else meanwhile.
    fn is_away(self: &Arc<Self>, why: &dyn std::fmt::Display) -> Unanswered {
        let is_news = self.away_since.send_if_modified(|since| {
            let is_news = since.is_none();
            since.get_or_insert_with(Instant::now);
            is_news
        });
        if is_news {
            tracing::warn!(%why, "{}", self.words.away);
            tokio::spawn(Self::ask_again(Arc::downgrade(self)));
        }
        Unanswered::Away
    }

    async fn ask_again(link: Weak<Self>) {
        loop {
            let Some(link) = link.upgrade() else { return };
            let mut connection = link.connection();
            let command = redis::cmd("PING");
            let ping = command.query_async::<redis::Value>(&mut connection);
            if matches!(timeout(link.timeout, ping).await, Ok(Ok(_))) {
                tracing::info!("{}", link.words.back);
                link.away_since.send_replace(None);
                return;
            }
            drop(link);
            sleep(PAUSE).await;
        }
    }
}

/// Whether Redis has answered, if only that it will not.
fn is_answer(error: &RedisError) -> bool {
    !error.is_io_error() && !error.is_connection_dropped() && error.code() != Some("LOADING")
}

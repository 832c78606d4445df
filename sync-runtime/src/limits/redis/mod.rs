//! Rates counted in Redis, for an app that runs as several processes.

#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use redis::{RedisResult, Script, aio::ConnectionManager};

use super::{Buckets, RateStore, Take};
use crate::{
    observe,
    redis_connection::{self, Outage},
};

/// How long the first connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a request waits for Redis, unless [`RedisRateLimits::timeout`] says otherwise: some
/// hundred times what an answer takes in one data centre, and hardly noticed by a person.
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(100);

/// Rates counted in Redis (6 or newer): several processes share one budget for each address, user
/// and route.
///
/// ```no_run
/// use sync_runtime::{RateLimitsError, RedisRateLimits, SyncServerBuilder};
///
/// async fn shared_rates(server: SyncServerBuilder) -> Result<SyncServerBuilder, RateLimitsError> {
///     let limits = RedisRateLimits::connect("redis://127.0.0.1:6379/").await?;
///     Ok(server.rate_limits(limits.prefix("board:")))
/// }
/// ```
///
/// A request costs one script, which is atomic and goes by Redis's clock. For each bucket there is
/// one key with one number, and it ends by itself when the bucket is full again:
///
/// | key | the bucket of |
/// |---|---|
/// | `sync:rate:address:<address>` | all that comes from an address |
/// | `sync:rate:<route>:user:<id>` | a user of a route |
/// | `sync:rate:<route>:address:<address>` | an address where nobody is logged in, of a route |
/// | `sync:rate:<route>:anybody` | those of a route of whom not even the address is known |
///
/// The two buckets of a request can be in different slots, which Redis Cluster does not allow.
///
/// # When Redis is gone
/// Requests are not refused because of it, and not let through uncounted: each process counts them
/// alone, in its memory, beginning with full buckets. A request waits for Redis no longer than 100
/// milliseconds ([`timeout`](Self::timeout)); once one has waited in vain, Redis is asked by one
/// request in a second until it answers. The metric `sync_rate_limit_fallbacks_total` counts those
/// that did without it; beginning and end are logged once.
pub struct RedisRateLimits {
    connection: ConnectionManager,
    script: Script,
    prefix: String,
    timeout: Duration,
    outage: Outage,
    local: Buckets,
}

/// Why there are no rates in Redis.
#[derive(Debug, thiserror::Error)]
#[error("the Redis that is to count rates does not answer: {0}")]
pub struct RateLimitsError(Box<dyn std::error::Error + Send + Sync>);

impl RedisRateLimits {
    /// Connects to Redis at a URL, `redis://[user:password@]host[:port][/database]`.
    ///
    /// # Errors
    /// When the URL is none, or nothing answers there within two seconds.
    pub async fn connect(url: &str) -> Result<Self, RateLimitsError> {
        let connected = redis_connection::connect(url, CONNECT_TIMEOUT).await;
        let (_, connection) = connected.map_err(|error| RateLimitsError(error.into()))?;
        Ok(Self {
            connection,
            script: Script::new(include_str!("take.lua")),
            prefix: "sync:".into(),
            timeout: DEFAULT_TIMEOUT,
            outage: Outage::none(),
            local: Buckets::default(),
        })
    }

    /// Sets what all keys begin with, `sync:` by default: apps of different prefixes share a Redis
    /// without sharing their budgets.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets how long a request waits for Redis before it is counted in this process alone, 100
    /// milliseconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Asks Redis, unless it has not answered of late. There is no answer when it has none.
    async fn ask(&self, takes: &[Take<'_>]) -> Option<Result<(), Duration>> {
        if !self.outage.lets_ask() {
            return None;
        }
        match tokio::time::timeout(self.timeout, self.run(takes)).await {
            Ok(Ok(wait)) => {
                if self.outage.ended() {
                    tracing::info!("Redis counts rates again");
                }
                Some(if wait.is_zero() { Ok(()) } else { Err(wait) })
            }
            Ok(Err(error)) => self.does_not_answer(&error),
            Err(late) => self.does_not_answer(&late),
        }
    }

    fn does_not_answer<T>(&self, why: &dyn fmt::Display) -> Option<T> {
        if self.outage.began() {
            tracing::warn!(%why, "Redis does not count rates: each process counts alone until it does");
        }
        None
    }

    /// Runs the script, and gives how long it takes until all could have been taken.
    async fn run(&self, takes: &[Take<'_>]) -> RedisResult<Duration> {
        let mut script = self.script.prepare_invoke();
        for Take { from, rate } in takes {
            script
                .key(format!("{}rate:{from}", self.prefix))
                .arg(micros(rate.period()))
                .arg(micros(rate.interval()));
        }
        let mut connection = self.connection.clone();
        let wait = script.invoke_async(&mut connection).await?;
        Ok(Duration::from_micros(wait))
    }
}

/// Rounded down, so that a whole burst fits into its period.
fn micros(duration: Duration) -> u64 {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    micros.max(1)
}

impl RateStore for RedisRateLimits {
    fn take<'a>(&'a self, takes: &'a [Take<'a>]) -> BoxFuture<'a, Result<(), Duration>> {
        Box::pin(async move {
            if let Some(taken) = self.ask(takes).await {
                return taken;
            }
            observe::rate_limited_alone();
            self.local.take_all(takes)
        })
    }
}

impl fmt::Debug for RedisRateLimits {
    /// Without the URL, which can have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRateLimits")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

//! Connections to Redis that come back by themselves.

mod link;
mod outage;

use std::time::Duration;

use redis::{
    Client, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use self::outage::PAUSE;
pub(crate) use self::{
    link::{Link, Unanswered, Words},
    outage::Outage,
};

/// The longest pause between two attempts to reach a Redis that is gone.
const RECONNECT_AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// Connects to Redis at a URL; `timeout` is for each attempt, then and later. How long a command may
/// take is for its caller to bound, around reconnecting as well.
pub(crate) async fn connect(
    url: &str,
    timeout: Duration,
) -> RedisResult<(Client, ConnectionManager)> {
    let client = Client::open(url)?;
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(timeout))
        .set_response_timeout(None)
        .set_max_delay(RECONNECT_AT_LEAST_EVERY);
    let connection = ConnectionManager::new_with_config(client.clone(), config).await?;
    Ok((client, connection))
}

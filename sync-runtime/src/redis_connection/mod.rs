//! Connections to Redis that come back by themselves.

mod link;
mod outage;

use std::{io, time::Duration};

use redis::{
    Client, ErrorKind, IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use tokio::time::{Instant, timeout_at};

use self::outage::PAUSE;
pub(crate) use self::{
    link::{Link, Unanswered, Words},
    outage::Outage,
};

/// The longest pause between two attempts to reach a Redis that is gone.
const RECONNECT_AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// Connects to Redis at a URL, within a time that is for each later attempt too. How long a command may
/// take is for its caller to bound, around reconnecting as well.
pub(crate) async fn connect(url: &str, time: Duration) -> RedisResult<(Client, ConnectionManager)> {
    let until = Instant::now() + time;
    let info = url.into_connection_info()?;
    let settings = info.redis_settings().clone();
    // With it channels are heard by the connection that something is published by.
    let settings = settings.set_protocol(ProtocolVersion::RESP3);
    let client = Client::open(info.set_redis_settings(settings))?;

    // The manager tries everything again and says nothing of it: also what will never do, like a wrong password.
    let first = client.get_multiplexed_async_connection();
    let error = match timeout_at(until, first).await {
        Ok(Err(error)) if error.is_io_error() => Some(error),
        Ok(Err(error)) => return Err(without_password(error)),
        Ok(Ok(_)) | Err(_) => None,
    };
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(time))
        .set_response_timeout(None)
        .set_max_delay(RECONNECT_AT_LEAST_EVERY);
    let managed = ConnectionManager::new_with_config(client.clone(), config);
    let late = || io::Error::from(io::ErrorKind::TimedOut).into();
    let connected = timeout_at(until, managed).await;
    let connection = connected.unwrap_or_else(|_| Err(error.unwrap_or_else(late)))?;
    Ok((client, connection))
}

/// A Redis that does not know a command repeats what came with it: with `HELLO` that is the password.
fn without_password(error: RedisError) -> RedisError {
    if error.to_string().contains("HELLO") {
        return (ErrorKind::RESP3NotSupported, "it does not know RESP3").into();
    }
    error
}

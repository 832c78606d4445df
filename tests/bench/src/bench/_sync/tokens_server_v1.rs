//! Says tokens to a room, as a language model does.

use std::time::Duration;

use sync_runtime::prelude::*;

use crate::now_micros;

/// How many, and how.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tokens {
    count: u32,
    /// Between two tokens.
    pause_micros: u64,
    throttled: bool,
}

/// When the last was said.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    last_at_micros: u64,
}

const TOKEN: &str = "four";

#[sync_handler(auth = login, rate_limit = off, timeout = "5min")]
pub async fn main(Input(tokens): Input<Tokens>, said: Broadcast<Chunk>) -> Said {
    let throttle = tokens.throttled.then(|| StreamThrottle::new(said.clone()));
    let token = Chunk::from(TOKEN.to_owned());
    let mut pauses = tokio::time::interval(Duration::from_micros(tokens.pause_micros.max(1)));
    for _ in 0..tokens.count {
        pauses.tick().await;
        match &throttle {
            Some(throttle) => throttle.push(TOKEN),
            None => said.send(&token),
        }
    }
    let last_at_micros = now_micros();
    if let Some(throttle) = throttle {
        throttle.flush();
    }
    Said { last_at_micros }
}

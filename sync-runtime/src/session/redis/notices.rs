//! The ends of sessions as Redis tells them to all nodes: `<reason> <key>` on one channel.
//!
//! Redis forgets what it published. So whenever the subscription was not there for a moment, and at
//! its beginning, [`EndNotice::Missed`] says that anything may have happened.

use std::time::Duration;

use futures_util::{
    StreamExt,
    stream::{self, Stream},
};
use redis::{
    Client, RedisResult,
    aio::{PubSubSink, PubSubStream},
};
use tokio::time::{sleep, timeout};

use super::{SessionStoreError, within};
use crate::session::{EndNotice, EndReason, SessionKey};

/// How long to wait before another attempt to subscribe.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// How long nothing may be heard before Redis is asked whether it is still there. A connection can
/// be dead without either end knowing.
const SILENCE: Duration = Duration::from_secs(10);

pub(super) fn word(reason: EndReason) -> &'static str {
    match reason {
        EndReason::LoggedOut => "logged-out",
        EndReason::Revoked => "revoked",
        EndReason::Expired => "expired",
    }
}

fn parse(text: &str) -> Option<EndNotice> {
    let (reason, key) = text.split_once(' ')?;
    let reasons = [EndReason::LoggedOut, EndReason::Revoked, EndReason::Expired];
    Some(EndNotice::Ended {
        key: SessionKey::parse(key)?,
        reason: reasons.into_iter().find(|known| word(*known) == reason)?,
    })
}

struct Subscription {
    sink: PubSubSink,
    messages: PubSubStream,
}

/// Everything told from now on, whatever happens to the connection.
pub(super) fn listen(
    client: Client,
    channel: String,
    patience: Duration,
) -> impl Stream<Item = EndNotice> + Send + 'static {
    let listener = Listener {
        client,
        channel,
        patience,
        subscription: None,
    };
    stream::unfold(listener, |mut listener| async {
        Some((listener.next().await, listener))
    })
}

struct Listener {
    client: Client,
    channel: String,
    patience: Duration,
    subscription: Option<Subscription>,
}

impl Listener {
    async fn next(&mut self) -> EndNotice {
        loop {
            let Some(subscription) = &mut self.subscription else {
                self.subscription = Some(self.subscribe().await);
                return EndNotice::Missed;
            };
            match subscription.next(self.patience).await {
                Ok(Some(notice)) => return notice,
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "ends of sessions on other nodes are not heard; trying again");
                    self.subscription = None;
                }
            }
        }
    }

    async fn subscribe(&self) -> Subscription {
        loop {
            match within(self.patience, self.try_subscribe()).await {
                Ok(subscription) => return subscription,
                Err(error) => {
                    tracing::debug!(%error, "cannot subscribe to the ends of sessions");
                    sleep(TRY_AGAIN).await;
                }
            }
        }
    }

    async fn try_subscribe(&self) -> RedisResult<Subscription> {
        let (mut sink, messages) = self.client.get_async_pubsub().await?.split();
        sink.subscribe(&self.channel).await?;
        Ok(Subscription { sink, messages })
    }
}

impl Subscription {
    /// What comes next, or nothing when all is silent or what came means nothing.
    async fn next(&mut self, patience: Duration) -> Result<Option<EndNotice>, SessionStoreError> {
        match timeout(SILENCE, self.messages.next()).await {
            Ok(Some(message)) => {
                let text: String = message.get_payload().unwrap_or_default();
                Ok(parse(&text))
            }
            Ok(None) => Err(SessionStoreError("the connection was closed".into())),
            Err(_) => {
                within(patience, self.sink.ping::<redis::Value>()).await?;
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Token;

    #[test]
    fn a_notice_is_read_as_it_was_told() {
        let key = Token::parse("a").expect("a plausible token").key();
        for reason in [EndReason::LoggedOut, EndReason::Revoked, EndReason::Expired] {
            let text = format!("{} {}", word(reason), key.as_str());
            let key = key.clone();
            assert_eq!(parse(&text), Some(EndNotice::Ended { key, reason }));
        }
        for other in [
            "",
            "revoked",
            "revoked key",
            &format!("odd {}", key.as_str()),
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}

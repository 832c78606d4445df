//! The ends of sessions as Redis tells them to all nodes: `<reason> <key>` on one channel.
//!
//! Redis forgets what it published. So whenever the subscription was not there for a moment, and at
//! its beginning, [`EndNotice::Missed`] says that anything may have happened.

use std::{future::ready, time::Duration};

use futures_util::{
    FutureExt, StreamExt,
    stream::{self, Stream},
};
use redis::Client;

use crate::{
    redis_channels::{Bounds, Channels, Heard},
    session::{EndNotice, EndReason, SessionKey},
};

/// How many bytes of notices may wait: some ten thousand. Of more than that it is enough to know that
/// there were.
const WAITING_BYTES: usize = 1 << 20;

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

/// Everything told from now on, whatever happens to the connection.
pub(super) fn listen(
    client: Client,
    channel: &str,
    timeout: Duration,
) -> impl Stream<Item = EndNotice> + Send + 'static {
    let bounds = Bounds {
        timeout,
        waiting_bytes: WAITING_BYTES,
    };
    let channels = Channels::new(client, bounds);
    let begins = channels.subscribe(channel).map(|_| EndNotice::Missed);
    let told = channels.hear().filter_map(|heard| {
        ready(match heard {
            Heard::Message { payload, .. } => str::from_utf8(&payload).ok().and_then(parse),
            Heard::Interrupted => Some(EndNotice::Missed),
        })
    });
    stream::once(begins).chain(told)
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

//! The end of sessions, as those hear of it who serve their connections.

use futures_util::stream::{self, Stream};
use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};

use super::SessionKey;

/// How many ends may wait to be heard of. Whoever falls further behind looks at all its sessions
/// again, so none is overlooked.
const WAITING: usize = 1024;

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EndReason {
    /// Its user logged out.
    LoggedOut,
    /// It was revoked, or had to make way for a newer one.
    Revoked,
    /// It was not used for its whole life, or has reached its longest.
    Expired,
}

/// What there is to know about ends of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndNotice {
    /// A session is over.
    Ended {
        /// Which one.
        key: SessionKey,
        /// Why.
        reason: EndReason,
    },
    /// Notices may have been missed: any session may be over.
    Missed,
}

/// Tells of the ends that this process brought about.
#[derive(Clone)]
pub(super) struct Ends(broadcast::Sender<EndNotice>);

impl Default for Ends {
    fn default() -> Self {
        Self(broadcast::Sender::new(WAITING))
    }
}

impl Ends {
    pub(super) fn tell(&self, key: SessionKey, reason: EndReason) {
        // An error only says that nobody listens, as before the first connection.
        let _ = self.0.send(EndNotice::Ended { key, reason });
    }

    /// Everything told from now on.
    pub(super) fn listen(&self) -> impl Stream<Item = EndNotice> + Send + 'static {
        stream::unfold(self.0.subscribe(), |mut ends| async {
            let notice = match ends.recv().await {
                Ok(notice) => notice,
                Err(RecvError::Lagged(_)) => EndNotice::Missed,
                Err(RecvError::Closed) => return None,
            };
            Some((notice, ends))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt;

    use super::{super::Token, *};

    #[tokio::test]
    async fn whoever_falls_behind_hears_that_it_did() {
        let ends = Ends::default();
        let mut notices = pin!(ends.listen());
        let key = Token::parse("a").expect("a plausible token").key();
        for _ in 0..=WAITING {
            ends.tell(key.clone(), EndReason::Revoked);
        }
        assert_eq!(notices.next().await, Some(EndNotice::Missed));
        let reason = EndReason::Revoked;
        assert_eq!(notices.next().await, Some(EndNotice::Ended { key, reason }));
    }
}

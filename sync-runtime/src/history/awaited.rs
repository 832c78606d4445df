//! The requests of this node whose entries are not delivered yet.

use dashmap::DashMap;
use tokio::sync::oneshot;

use super::EntryId;
use crate::hooks::RequestInfo;

/// The requests that wait for their deliveries, by what they had recorded.
#[derive(Default)]
pub(crate) struct Awaited {
    requests: DashMap<EntryId, Sides>,
}

/// What the feed has of a request.
pub(crate) struct Sides {
    pub(crate) request: RequestInfo,
    /// Ends when the request has been answered: its sender hears the answer first.
    pub(crate) answered: oneshot::Receiver<()>,
    /// Takes the number of deliveries.
    pub(crate) delivered: oneshot::Sender<usize>,
}

/// What a request has of its deliveries.
pub(crate) struct Deliveries {
    answered: oneshot::Sender<()>,
    delivered: oneshot::Receiver<usize>,
}

impl Awaited {
    /// Makes a request known before its entry can come.
    pub(crate) fn begin(&self, entry: EntryId, request: RequestInfo) -> Deliveries {
        let (answered, wait) = oneshot::channel();
        let (done, delivered) = oneshot::channel();
        let sides = Sides {
            request,
            answered: wait,
            delivered: done,
        };
        self.requests.insert(entry, sides);
        Deliveries {
            answered,
            delivered,
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.requests.len()
    }

    /// The request that an entry is of, if it is one of this node. It is forgotten.
    pub(crate) fn take(&self, entry: EntryId) -> Option<Sides> {
        self.requests.remove(&entry).map(|(_, sides)| sides)
    }
}

impl Deliveries {
    /// Lets them begin, for the request has been answered, and waits for their end. Gives how many
    /// there were.
    pub(crate) async fn made(self) -> usize {
        drop(self.answered);
        self.delivered.await.unwrap_or(0)
    }
}

//! What a connection was sent, and how much of it is still on its way to its network.

use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

use crate::packet::Amount;

/// Why a connection cannot keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SlowReason {
    /// More would wait than [`Config::max_unsent_bytes`](crate::Config::max_unsent_bytes).
    Bytes,
    /// More would wait than [`Config::send_buffer_packets`](crate::Config::send_buffer_packets).
    Packets,
    /// What waits has not moved for [`Config::stall_timeout`](crate::Config::stall_timeout).
    Stalled,
    /// Something was lost on its way to a client that polls, or that went over to a web socket when it
    /// should have polled once more.
    Lost,
    /// What was recorded for it was no longer kept when it could have been sent: see
    /// [`Config::history_count`](crate::Config::history_count).
    Missed,
}

impl SlowReason {
    /// The reason in a word, as the metric has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Packets => "packets",
            Self::Stalled => "stalled",
            Self::Lost => "lost",
            Self::Missed => "missed",
        }
    }
}

/// A count that only grows. It is of what passes in the life of a connection, and may wrap.
#[derive(Default)]
struct Count {
    packets: AtomicUsize,
    bytes: AtomicUsize,
}

impl Count {
    fn add(&self, amount: Amount) {
        self.packets.fetch_add(amount.packets, SeqCst);
        self.bytes.fetch_add(amount.bytes, SeqCst);
    }

    fn get(&self) -> Amount {
        Amount {
            packets: self.packets.load(SeqCst),
            bytes: self.bytes.load(SeqCst),
        }
    }
}

/// What a connection was sent and what of that was written.
///
/// Everything is counted as sent before it goes on its way, so nothing is ever written that was not sent,
/// and what the layer below loses stays unsent for ever: that is how it is found. Written is what the
/// kernel took.
#[derive(Default)]
pub(crate) struct Traffic {
    sent: Count,
    written: Count,
    /// How many wait for `written` to move.
    waiting: AtomicUsize,
    moved: Notify,
    watched: Mutex<Option<Watched>>,
}

/// What the watch over stalled connections saw.
struct Watched {
    written: Amount,
    since: Instant,
}

impl Traffic {
    /// Counts a packet as sent if no more than `bounds` waits then. One that is larger than that by
    /// itself may wait when nothing else does.
    pub(crate) fn admit(&self, packet: Amount, bounds: Amount) -> Result<(), SlowReason> {
        // First of all, so that of many at once none thinks it is the last that fits.
        self.sent.add(packet);
        let waits = self.unsent();
        let reason = if waits.packets > bounds.packets {
            SlowReason::Packets
        } else if waits.bytes > bounds.bytes && waits.bytes > packet.bytes {
            SlowReason::Bytes
        } else {
            return Ok(());
        };
        self.sent.packets.fetch_sub(packet.packets, SeqCst);
        self.sent.bytes.fetch_sub(packet.bytes, SeqCst);
        Err(reason)
    }

    /// Counts a packet as sent, however much waits.
    pub(crate) fn sent(&self, packet: Amount) {
        self.sent.add(packet);
    }

    /// Counts what was written.
    pub(crate) fn wrote(&self, amount: Amount) {
        if amount == Amount::default() {
            return;
        }
        self.written.add(amount);
        if self.waiting.load(SeqCst) > 0 {
            self.moved.notify_waiters();
        }
    }

    /// What was sent and is not written yet.
    pub(crate) fn unsent(&self) -> Amount {
        // In this order: all that was written then had been sent by now.
        let written = self.written.get();
        let sent = self.sent.get();
        let left = |sent: usize, written: usize| {
            let left = sent.wrapping_sub(written);
            if left > isize::MAX.unsigned_abs() {
                0
            } else {
                left
            }
        };
        Amount {
            packets: left(sent.packets, written.packets),
            bytes: left(sent.bytes, written.bytes),
        }
    }

    /// Waits until fewer bytes than these are unsent.
    pub(crate) async fn drained_below(&self, bytes: usize) {
        let _waiting = Waiting::new(&self.waiting);
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if self.unsent().bytes < bytes {
                return;
            }
            moved.await;
        }
    }

    /// Looks whether what waits has moved since the last look that found it moved, and says so when it
    /// has not for `limit`.
    pub(crate) fn watch(&self, limit: Duration) -> Result<(), SlowReason> {
        let now = Instant::now();
        let mut watched = self.watched.lock();
        let waits = self.unsent().packets > 0;
        let written = self.written.get();
        let since = match &*watched {
            Some(seen) if waits && seen.written == written => seen.since,
            _ => now,
        };
        *watched = Some(Watched { written, since });
        if now.duration_since(since) >= limit {
            Err(SlowReason::Stalled)
        } else {
            Ok(())
        }
    }
}

/// One who waits, as long as it does.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);
    const BOUNDS: Amount = Amount {
        packets: 3,
        bytes: 100,
    };

    fn send(traffic: &Traffic, bytes: usize) -> Result<(), SlowReason> {
        traffic.admit(Amount::packet(bytes), BOUNDS)
    }

    #[test]
    fn what_would_pass_a_bound_is_not_counted_and_one_that_is_large_by_itself_is() {
        let traffic = Traffic::default();
        assert_eq!(send(&traffic, 60), Ok(()));
        assert_eq!(send(&traffic, 41), Err(SlowReason::Bytes));
        assert_eq!(send(&traffic, 20), Ok(()));
        assert_eq!(send(&traffic, 20), Ok(()));
        assert_eq!(send(&traffic, 0), Err(SlowReason::Packets));
        assert_eq!((traffic.unsent().packets, traffic.unsent().bytes), (3, 100));
        traffic.wrote(Amount {
            packets: 3,
            bytes: 100,
        });
        assert_eq!(send(&traffic, 500), Ok(()));
        assert_eq!(send(&traffic, 1), Err(SlowReason::Bytes));
    }

    #[test]
    fn counts_are_exact_when_many_send_at_once() {
        let traffic = Traffic::default();
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for _ in 0..1000 {
                        traffic.sent(Amount::packet(3));
                        traffic.wrote(Amount::packet(2));
                    }
                });
            }
        });
        assert_eq!(traffic.unsent().packets, 0);
        assert_eq!(traffic.unsent().bytes, 4000);
    }

    #[tokio::test]
    async fn a_wait_ends_when_enough_was_written_and_not_before() {
        let traffic = Arc::new(Traffic::default());
        assert!(traffic.drained_below(1).now_or_never().is_some());
        traffic.sent(Amount::packet(100));
        let waiting = {
            let traffic = traffic.clone();
            tokio::spawn(async move { traffic.drained_below(50).await })
        };
        tokio::task::yield_now().await;
        traffic.wrote(Amount {
            packets: 0,
            bytes: 50,
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        traffic.wrote(Amount {
            packets: 0,
            bytes: 1,
        });
        waiting.await.expect("drained");
        assert_eq!(traffic.waiting.load(SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_is_stalled_when_none_of_it_has_moved_for_the_limit() {
        let traffic = Traffic::default();
        let after = async |time: Duration| {
            tokio::time::advance(time).await;
            traffic.watch(LIMIT)
        };
        assert_eq!(after(LIMIT).await, Ok(()));
        assert_eq!(after(LIMIT).await, Ok(()), "nothing waits");
        traffic.sent(Amount::packet(100));
        assert_eq!(after(LIMIT / 2).await, Ok(()));
        traffic.wrote(Amount {
            packets: 0,
            bytes: 1,
        });
        assert_eq!(after(LIMIT / 2).await, Ok(()));
        assert_eq!(after(LIMIT / 2).await, Ok(()), "a byte has moved");
        assert_eq!(after(LIMIT / 2).await, Err(SlowReason::Stalled));
    }
}

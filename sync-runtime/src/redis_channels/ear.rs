//! What is heard on its way to whoever hears it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use parking_lot::Mutex;
use redis::{PushInfo, PushKind, Value};
use tokio::sync::{Notify, mpsc};

use super::Heard;

/// A queue of at most so many bytes, and what comes out of it.
pub(super) fn queue(most: usize) -> (Queue, BoxStream<'static, Heard>) {
    let (sender, heard) = mpsc::unbounded_channel();
    let waiting = Arc::<AtomicUsize>::default();
    let is_missing = Arc::<AtomicBool>::default();
    let queue = Queue {
        sender,
        most,
        waiting: waiting.clone(),
        is_missing: is_missing.clone(),
    };
    let taking = (heard, waiting, is_missing);
    let taken = stream::unfold(taking, async |(mut heard, waiting, is_missing)| {
        let next = heard.recv().await?;
        waiting.fetch_sub(next.bytes(), Ordering::Relaxed);
        if next == Heard::Interrupted {
            is_missing.store(false, Ordering::Relaxed);
        }
        Some((next, (heard, waiting, is_missing)))
    });
    (queue, taken.boxed())
}

impl Heard {
    fn bytes(&self) -> usize {
        match self {
            Self::Message { channel, payload } => channel.len() + payload.len(),
            Self::Interrupted => 0,
        }
    }
}

/// What waits for whoever hears it. One connection at a time fills it.
#[derive(Clone)]
pub(super) struct Queue {
    sender: mpsc::UnboundedSender<Heard>,
    most: usize,
    waiting: Arc<AtomicUsize>,
    /// Whether the last that waits says that something is missing, and nobody has taken it yet.
    is_missing: Arc<AtomicBool>,
}

impl Queue {
    /// Waits until nobody hears it any more.
    pub(super) async fn is_left(&self) {
        self.sender.closed().await;
    }

    fn interrupt(&self) {
        if !self.is_missing.swap(true, Ordering::Relaxed) {
            let _ = self.sender.send(Heard::Interrupted);
        }
    }

    /// A single message larger than the queue has a place when nothing else waits.
    fn push(&self, message: Heard) {
        let bytes = message.bytes();
        let waiting = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        if waiting > 0 && waiting.saturating_add(bytes) > self.most {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.interrupt();
            return;
        }
        self.is_missing.store(false, Ordering::Relaxed);
        let _ = self.sender.send(message);
    }
}

/// What one connection hears by, in the task that reads from it.
pub(super) struct Ear {
    /// There until the connection is given up: a later one would hear the same a second time.
    queue: Mutex<Option<Queue>>,
    /// Whether something was missed before, and who hears has not been told. What is heard before all channels stand
    /// must not come before that.
    is_behind: AtomicBool,
    has_heard: AtomicBool,
    is_gone: Notify,
}

impl Ear {
    pub(super) fn new(queue: Queue, is_behind: bool) -> Self {
        Self {
            queue: Mutex::new(Some(queue)),
            is_behind: AtomicBool::new(is_behind),
            has_heard: AtomicBool::new(false),
            is_gone: Notify::new(),
        }
    }

    pub(super) fn push(&self, PushInfo { kind, data }: PushInfo) {
        match kind {
            PushKind::Message => {
                self.has_heard.store(true, Ordering::Relaxed);
                if let (Some(queue), Some(message)) = (&*self.queue.lock(), message(data)) {
                    if self.is_behind.swap(false, Ordering::Relaxed) {
                        queue.interrupt();
                    }
                    queue.push(message);
                }
            }
            PushKind::Disconnection => self.is_gone.notify_one(),
            _ => {}
        }
    }

    /// Tells that anything may have been missed until now.
    pub(super) fn interrupt(&self) {
        if let Some(queue) = &*self.queue.lock() {
            self.is_behind.store(false, Ordering::Relaxed);
            queue.interrupt();
        }
    }

    /// Hears nothing any more.
    pub(super) fn close(&self) {
        *self.queue.lock() = None;
    }

    /// Waits until the connection is gone.
    pub(super) async fn gone(&self) {
        self.is_gone.notified().await;
    }

    /// Whether anything was heard since this was last asked.
    pub(super) fn has_heard(&self) -> bool {
        self.has_heard.swap(false, Ordering::Relaxed)
    }
}

fn message(data: Vec<Value>) -> Option<Heard> {
    let [Value::BulkString(channel), Value::BulkString(payload)] = <[_; 2]>::try_from(data).ok()?
    else {
        return None;
    };
    let channel = String::from_utf8(channel).ok()?;
    Some(Heard::Message { channel, payload })
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn says(ear: &Ear, payload: &str) {
        let parts = ["a", payload].map(|part| Value::BulkString(part.into()));
        ear.push(PushInfo {
            kind: PushKind::Message,
            data: parts.to_vec(),
        });
    }

    fn message(payload: &str) -> Heard {
        Heard::Message {
            channel: "a".into(),
            payload: payload.into(),
        }
    }

    #[test]
    fn nothing_is_heard_after_an_interruption_before_that_is_told() {
        let (queue, mut heard) = queue(100);
        let mut next = || heard.next().now_or_never().flatten();
        let ear = Ear::new(queue.clone(), true);
        says(&ear, "one");
        says(&ear, "two");
        // Not all channels stood until now.
        ear.interrupt();
        says(&ear, "three");
        let (one, two, three) = (message("one"), message("two"), message("three"));
        for expected in [Heard::Interrupted, one, two, Heard::Interrupted, three] {
            assert_eq!(next(), Some(expected));
        }
        ear.close();
        says(&ear, "four");
        says(&Ear::new(queue, false), "five");
        assert_eq!(next(), Some(message("five")));
    }
}

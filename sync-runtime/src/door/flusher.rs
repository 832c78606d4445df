//! Who writes to web sockets.
//!
//! A line with something to write is put on a list, once, and a task writes for all that are on it. It
//! gives way first, to whatever is ready to run, so that what requests send at the same time goes out in
//! one write each: of what a delivery costs, a write is the most. There is a task for each worker of the
//! runtime, and each line belongs to one of them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::yield_now,
};

use super::Line;
use crate::panic;

/// How many lines are written to before others have their turn: some tenths of a millisecond.
const LINES: usize = 32;

/// How many bytes of small frames are put together for one write.
pub(super) const TOGETHER: usize = 64 * 1024;

/// The way to one of those who write. A line is on the list once at the most: that bounds it.
#[derive(Clone)]
pub(super) struct Flusher(UnboundedSender<Arc<Line>>);

impl Flusher {
    /// One that never writes.
    #[cfg(test)]
    pub(super) fn idle() -> Self {
        Self(unbounded_channel().0)
    }

    /// Has a line written to.
    pub(super) fn flush(&self, line: Arc<Line>) {
        // After the end of the runtime nobody writes.
        let _ = self.0.send(line);
    }
}

/// All who write. They are there from the first line on, and end when the last one is gone.
#[derive(Default)]
pub(super) struct Flushers {
    all: OnceLock<Box<[Flusher]>>,
    next: AtomicUsize,
}

impl Flushers {
    /// The one for a new line. To be called in the runtime.
    pub(super) fn next(&self) -> Flusher {
        let all = self.all.get_or_init(|| {
            let workers = Handle::current().metrics().num_workers();
            (0..workers.max(1)).map(|_| begin()).collect()
        });
        all[self.next.fetch_add(1, Relaxed) % all.len()].clone()
    }
}

/// Begins to write.
pub(super) fn begin() -> Flusher {
    let (sender, due) = unbounded_channel();
    tokio::spawn(write(due));
    Flusher(sender)
}

async fn write(mut due: UnboundedReceiver<Arc<Line>>) {
    let mut lines = Vec::with_capacity(LINES);
    let mut together = Vec::with_capacity(TOGETHER);
    while due.recv_many(&mut lines, LINES).await > 0 {
        yield_now().await;
        for line in lines.drain(..) {
            // A network that panics must not end what others are written by.
            let flushed = catch_unwind(AssertUnwindSafe(|| line.flush(&mut together)));
            if let Err(payload) = flushed {
                tracing::error!(panic = %panic::text(&*payload), "a connection is cut: its network panicked");
                line.cut();
            }
        }
    }
}

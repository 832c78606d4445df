//! Who writes to web sockets.
//!
//! A line with something to write is put on a list, once, and a task writes for all that are on it. Of what
//! a delivery costs, a write is the most, so it does so in rounds: what is sent in between goes out in one
//! write for each line. A round comes some time after the one before, and rests as long as that took, so that
//! what is sent waits little longer than its turn takes anyhow. Where there is little to do, a round begins at once, but
//! gives way first to whatever is ready to run.
//!
//! What its client waits for, an answer, waits for no round and gives way to nothing: another task writes it, with all that
//! is there for the same line. There are two such tasks for each worker of the runtime, and each line belongs to one of the workers.

use std::{
    future::poll_fn,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use smallvec::{SmallVec, smallvec};
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::{Line, queue::Haste};
use crate::panic;

/// How many lines are written to before others have their turn: some tenths of a millisecond.
const LINES: usize = 32;

/// How many times the interval a rest between two rounds is at the most.
const LONGEST_REST: u32 = 20;

/// How many bytes of small frames are put together for one write.
pub(super) const TOGETHER: usize = 64 * 1024;

/// Lines of one of those who write, put on a list together.
type Lines = SmallVec<[Arc<Line>; 1]>;

/// The way to one of those who write. A line is on a list twice at the most, once because of what is
/// sent and once because its network takes more: that bounds them.
#[derive(Clone)]
pub(super) struct Flusher {
    number: usize,
    due: UnboundedSender<Lines>,
    urgent: UnboundedSender<Lines>,
}

impl Flusher {
    /// One that never writes.
    #[cfg(test)]
    pub(super) fn idle() -> Self {
        Self {
            number: 0,
            due: unbounded_channel().0,
            urgent: unbounded_channel().0,
        }
    }

    /// Has a line written to, with all others in the next round.
    pub(super) fn flush(&self, line: Arc<Line>) {
        // After the end of the runtime nobody writes.
        let _ = self.due.send(smallvec![line]);
    }

    /// Has a line written to before the next round.
    pub(super) fn flush_now(&self, line: Arc<Line>) {
        let _ = self.urgent.send(smallvec![line]);
    }
}

/// Lines that are put on their lists when the last of them has what it is sent. One that writes could be done with
/// the first before the others have it, and these would wait for the next round.
#[derive(Default)]
pub(crate) struct Batch {
    /// Those of each that writes.
    lines: Vec<Lines>,
}

impl Batch {
    pub(super) fn add(&mut self, line: Arc<Line>) {
        let number = line.flusher().number;
        if self.lines.len() <= number {
            self.lines.resize_with(number + 1, Lines::new);
        }
        self.lines[number].push(line);
    }

    /// Has all of them written to.
    pub(crate) fn flush(&mut self) {
        for lines in self.lines.drain(..) {
            if let Some(first) = lines.first() {
                let flusher = first.flusher().clone();
                let _ = flusher.due.send(lines);
            }
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.flush();
    }
}

/// All who write. They are there from the first line on, and end when the last one is gone.
pub(super) struct Flushers {
    interval: Duration,
    all: OnceLock<Box<[Flusher]>>,
    next: AtomicUsize,
}

impl Flushers {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            all: OnceLock::new(),
            next: AtomicUsize::new(0),
        }
    }

    /// The one for a new line. To be called in the runtime.
    pub(super) fn next(&self) -> Flusher {
        let all = self.all.get_or_init(|| {
            let workers = Handle::current().metrics().num_workers();
            let numbers = 0..workers.max(1);
            numbers.map(|number| begin(number, self.interval)).collect()
        });
        all[self.next.fetch_add(1, Relaxed) % all.len()].clone()
    }
}

/// Begins to write, with this interval from round to round.
pub(super) fn begin(number: usize, interval: Duration) -> Flusher {
    let (due, lines) = unbounded_channel();
    tokio::spawn(write(Haste::Due, lines, interval));
    let (urgent, lines) = unbounded_channel();
    tokio::spawn(write(Haste::Urgent, lines, Duration::ZERO));
    Flusher {
        number,
        due,
        urgent,
    }
}

/// Writes in rounds: one is over when all have been written to that were on the list when it began.
async fn write(haste: Haste, mut list: UnboundedReceiver<Lines>, interval: Duration) {
    let mut taken = Vec::with_capacity(LINES);
    let mut together = Vec::with_capacity(TOGETHER);
    let mut next_round = Instant::now();
    while list.recv_many(&mut taken, LINES).await > 0 {
        if Instant::now() < next_round {
            sleep_until(next_round).await;
        } else if haste == Haste::Due {
            yield_now().await;
        }
        let began = Instant::now();
        let mut left = list.len();
        let mut in_turn = 0;
        loop {
            for line in taken.drain(..).flatten() {
                if in_turn == LINES {
                    give_way().await;
                    in_turn = 0;
                }
                flush(&line, haste, &mut together);
                in_turn += 1;
            }
            if left == 0 {
                break;
            }
            left -= list.recv_many(&mut taken, LINES.min(left)).await;
        }
        let ended = Instant::now();
        let rest = (ended - began).min(interval * LONGEST_REST);
        next_round = (began + interval).max(ended + rest);
    }
}

/// Lets those run first who are ready to. `yield_now` waits besides until the runtime has looked for what is
/// ready, which is 61 of them later where there is always somebody.
async fn give_way() {
    let mut has_given = false;
    poll_fn(|context| {
        if mem::replace(&mut has_given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Writes to one line. A network that panics must not end what others are written by.
pub(super) fn flush(line: &Arc<Line>, haste: Haste, together: &mut Vec<u8>) {
    let flushed = catch_unwind(AssertUnwindSafe(|| line.flush(haste, together)));
    if let Err(payload) = flushed {
        tracing::error!(panic = %panic::text(&*payload), "a connection is cut: its network panicked");
        line.cut();
    }
}

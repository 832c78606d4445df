//! The transport of one connection, and what is written to it.
//!
//! Packets go to a web socket directly, as the frames that they are already: the layer below would
//! take each through a queue and a task of the connection and write it anew for each recipient. It still
//! speaks Engine.IO with the client, and what it writes is put between them. Clients that poll get their
//! packets from the layer below, and so do those that go over to a web socket, until it is theirs.

use std::{
    collections::VecDeque,
    io, mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker, ready},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::{
    io::AsyncWrite,
    time::{sleep, timeout},
};

use super::{
    flusher::{self, Batch, Flusher, TOGETHER},
    network::WriteEnd,
    queue::{ForBelow, Haste, KEPT, Piece, Queue},
    traffic::{SlowReason, Traffic},
};
use crate::packet::{Amount, Packet, Seen, in_poll};

/// How much of what the layer below writes may wait: pings and the like, and what it sent to a client that
/// polled before.
pub(super) const MAX_BELOW: usize = 16 * 1024;

/// How long what was sent is waited for that is held up.
const LONGEST_HOLD: Duration = Duration::from_millis(250);
const HOLD_CHECK: Duration = Duration::from_millis(5);

/// How many writes a line has before others have their turn.
const WRITES: usize = 8;

/// When a packet is written.
pub(crate) enum When<'a> {
    /// Before the next round, with all that waits for the same client.
    AtOnce,
    /// In the next round.
    Due,
    /// In the next round once all have it that are sent to together.
    DueWith(&'a mut Batch),
}

/// The line to a client, for all the life of its Engine.IO session, whatever transport that has.
pub(crate) struct Line {
    traffic: Traffic,
    queue: Mutex<Queue>,
    out: Mutex<Out>,
    flusher: Flusher,
    /// How many bytes of the layer below wait.
    below: AtomicUsize,
    /// Whether a client has asked to be connected.
    has_begun: AtomicBool,
    /// Whether a web socket talks through it: one at a time.
    is_taken: AtomicBool,
    is_ending: AtomicBool,
    is_cut: AtomicBool,
    reader: AtomicWaker,
    /// The layer below, when it waits to write.
    writer: AtomicWaker,
}

/// What is being written, and to where.
#[derive(Default)]
struct Out {
    network: Option<WriteEnd>,
    pieces: VecDeque<Piece>,
    /// How much of the first piece has been written.
    at: usize,
}

impl Line {
    pub(super) fn new(flusher: Flusher) -> Self {
        Self {
            traffic: Traffic::default(),
            queue: Mutex::default(),
            out: Mutex::default(),
            flusher,
            below: AtomicUsize::new(0),
            has_begun: AtomicBool::new(false),
            is_taken: AtomicBool::new(false),
            is_ending: AtomicBool::new(false),
            is_cut: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
        }
    }

    /// A line that nobody speaks through.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Arc<Self> {
        Arc::new(Self::new(Flusher::idle()))
    }

    pub(crate) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Whether its client may ask to be connected: once, and not after it was hung up on. Another connection of the same
    /// Engine.IO session would have the id of the first, by which that is taken out of all tables when it is over.
    pub(crate) fn begins(&self) -> bool {
        !self.is_ending() && !self.has_begun.swap(true, Ordering::SeqCst)
    }

    /// Says that the layer below will tell the client that it is connected: it hears nothing before that.
    pub(crate) fn connect(&self) {
        self.queue.lock().connect();
    }

    /// Sends a packet, or gives it back if it is the layer below that has to.
    pub(crate) fn send(self: &Arc<Self>, packet: Packet, when: When<'_>) -> Result<(), ForBelow> {
        let mut queue = self.queue.lock();
        queue.push(packet)?;
        match when {
            When::AtOnce => self.tell(&mut queue, Haste::Urgent),
            When::Due => self.tell(&mut queue, Haste::Due),
            When::DueWith(batch) => {
                if queue.falls(Haste::Due) {
                    batch.add(self.clone());
                }
            }
        }
        Ok(())
    }

    pub(super) fn flusher(&self) -> &Flusher {
        &self.flusher
    }

    /// Forgets what cannot be sent because something before it was lost, so that what follows can be.
    pub(crate) fn give_up(&self) {
        self.queue.lock().give_up();
    }

    /// Notes what the answer to a poll takes with it.
    pub(crate) fn polled(self: &Arc<Self>, body: &[u8]) {
        let seen = in_poll(body);
        self.traffic.wrote(seen.amount);
        let mut queue = self.queue.lock();
        queue.wrote_below(seen);
        self.tell(&mut queue, Haste::Due);
    }

    /// Waits until what was sent before goes out before whatever the layer below writes next; not for long, as its client may
    /// never take what that has to write first.
    pub(crate) async fn settled(&self) {
        let settled = async {
            while self.queue.lock().holds_up() {
                sleep(HOLD_CHECK).await;
            }
        };
        let _ = timeout(LONGEST_HOLD, settled).await;
    }

    /// See [`Traffic::watch`]. What the layer below has kept from a poll is lost when there is no next one.
    pub(crate) fn watch(&self, limit: Duration) -> Result<(), SlowReason> {
        self.traffic.watch(limit).map_err(|reason| {
            let is_lost = self.has_written_below() && self.queue.lock().waits_for_below();
            if is_lost { SlowReason::Lost } else { reason }
        })
    }

    /// Ends a web socket between two messages of its client, with what waits for its round written first, as far
    /// as the network takes it.
    pub(crate) fn hang_up(self: &Arc<Self>) {
        flusher::flush(self, Haste::Urgent, &mut Vec::new());
        self.is_ending.store(true, Ordering::SeqCst);
        self.reader.wake();
    }

    /// Ends a web socket where it is: nothing is read from it or written to it any more.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.queue.lock().close();
        self.reader.wake();
        self.writer.wake();
    }

    /// Whether it has been hung up.
    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::SeqCst)
    }

    /// Writes what waits, as far as the network takes it. For the flusher, which has `together` for all.
    pub(super) fn flush(self: &Arc<Self>, haste: Haste, together: &mut Vec<u8>) {
        if haste == Haste::Urgent {
            self.queue.lock().begin_urgent();
        }
        let waker = Waker::from(self.clone());
        let mut context = Context::from_waker(&waker);
        let mut out = self.out.lock();
        for _ in 0..WRITES {
            let written = match self.write_some(&mut out, haste, together, &mut context) {
                // When the network takes more, the waker has it flushed again.
                Poll::Pending => return,
                Poll::Ready(written) => written,
            };
            match written {
                Ok(Done::Some) => {}
                Ok(Done::All) => return,
                Err(_) => {
                    drop(out);
                    return self.cut();
                }
            }
        }
        drop(out);
        self.list(haste);
    }

    fn list(self: &Arc<Self>, haste: Haste) {
        match haste {
            Haste::Due => self.flusher.flush(self.clone()),
            Haste::Urgent => self.flusher.flush_now(self.clone()),
        }
    }

    fn write_some(
        &self,
        out: &mut Out,
        haste: Haste,
        together: &mut Vec<u8>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Done>> {
        self.whole()?;
        if out.pieces.is_empty() {
            self.queue.lock().take(&mut out.pieces);
        }
        let Out {
            network: Some(network),
            pieces,
            at,
        } = out
        else {
            return Poll::Ready(Ok(Done::All));
        };
        let Some(first) = pieces.front() else {
            ready!(Pin::new(network).poll_flush(context))?;
            if pieces.capacity() > KEPT {
                *pieces = VecDeque::new();
            }
            let rests = self.queue.lock().rests(haste);
            return Poll::Ready(Ok(if rests { Done::All } else { Done::Some }));
        };
        let bytes = match first.frame.as_slice() {
            Some(bytes) if pieces.len() == 1 || bytes.len() > TOGETHER => &bytes[*at..],
            _ => {
                gather(pieces, *at, together);
                &together[..]
            }
        };
        let taken = ready!(Pin::new(network).poll_write(context, bytes))?;
        if taken == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        let (amount, below) = out.advance(taken);
        self.traffic.wrote(amount);
        if below > 0 && self.below.fetch_sub(below, Ordering::SeqCst) - below < MAX_BELOW {
            self.writer.wake();
        }
        Poll::Ready(Ok(Done::Some))
    }

    /// Lets a web socket talk through it, unless one does already.
    pub(super) fn take(&self, network: WriteEnd) -> bool {
        let is_free = !self.is_taken.swap(true, Ordering::SeqCst);
        if is_free {
            self.out.lock().network = Some(network);
        }
        is_free
    }

    /// The session is the web socket's from here on: packets are written to it.
    pub(super) fn go_direct(&self) {
        self.queue.lock().go_direct();
    }

    /// The web socket is gone; `is_over` if the session was its own. Gives the way to its network.
    pub(super) fn give_back(&self, is_over: bool) -> Option<WriteEnd> {
        let out = mem::take(&mut *self.out.lock());
        self.below.store(0, Ordering::SeqCst);
        let mut queue = self.queue.lock();
        if is_over {
            queue.close();
        } else {
            queue.clear();
        }
        drop(queue);
        self.is_taken.store(false, Ordering::SeqCst);
        out.network
    }

    /// Takes what the layer below writes.
    pub(super) fn write_below(self: &Arc<Self>, bytes: &[u8], seen: Seen, is_mid_frame: bool) {
        self.below.fetch_add(bytes.len(), Ordering::SeqCst);
        let mut queue = self.queue.lock();
        queue.push_below(bytes, seen, is_mid_frame);
        self.tell(&mut queue, Haste::Due);
    }

    /// Waits until less than so many bytes of the layer below wait.
    pub(super) fn poll_below(&self, context: &Context<'_>, bytes: usize) -> Poll<io::Result<()>> {
        let is_so = || self.below.load(Ordering::SeqCst) < bytes;
        if !is_so() {
            self.writer.register(context.waker());
            self.whole()?;
            if !is_so() {
                return Poll::Pending;
            }
        }
        Poll::Ready(self.whole())
    }

    pub(super) fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.out.lock().network {
            Some(network) => Pin::new(network).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Has whoever reads woken when the line is hung up or cut.
    pub(super) fn register_reader(&self, context: &Context<'_>) {
        self.reader.register(context.waker());
    }

    /// Has it flushed, if something has fallen due of which nobody knows.
    fn tell(self: &Arc<Self>, queue: &mut Queue, haste: Haste) {
        if queue.falls(haste) {
            self.list(haste);
        }
    }

    /// Whether nothing of what the layer below wrote waits.
    fn has_written_below(&self) -> bool {
        self.below.load(Ordering::SeqCst) == 0
    }

    /// Fails if it is cut.
    pub(super) fn whole(&self) -> io::Result<()> {
        if self.is_cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

/// How far a write came.
enum Done {
    Some,
    /// Nothing waits any more.
    All,
}

/// Puts pieces together, as far as there is room for them.
fn gather(pieces: &VecDeque<Piece>, at: usize, together: &mut Vec<u8>) {
    together.clear();
    let mut begin = at;
    for piece in pieces {
        let room = TOGETHER - together.len();
        if room == 0 {
            break;
        }
        piece.frame.write(begin, room, together);
        begin = 0;
    }
}

impl Out {
    /// Notes that some bytes have been written: what of them counts, and how many are of the layer below.
    fn advance(&mut self, mut taken: usize) -> (Amount, usize) {
        let (mut amount, mut below) = (Amount::default(), 0);
        while let Some(piece) = self.pieces.front() {
            let left = piece.frame.len() - self.at;
            let some = taken.min(left);
            taken -= some;
            // The header of a frame comes first, and does not count.
            let uncounted = |left: usize| left.min(piece.amount.bytes);
            amount.bytes += uncounted(left) - uncounted(left - some);
            if piece.is_from_below {
                below += some;
            }
            if some < left {
                self.at += some;
                break;
            }
            amount.packets += piece.amount.packets;
            self.pieces.pop_front();
            self.at = 0;
        }
        (amount, below)
    }
}

impl Wake for Line {
    /// Its network takes more.
    fn wake(self: Arc<Self>) {
        let flusher = self.flusher.clone();
        flusher.flush(self);
    }
}

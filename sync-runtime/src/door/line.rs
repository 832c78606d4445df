//! The transport of one connection: what goes through it, and ways to end it.
//!
//! Packets go to a web socket directly, as the frames that they are already: the layer below would
//! take each through a queue and a task of the connection and write it anew for each recipient. It still
//! speaks Engine.IO with the client, and what it writes is put between them. Clients that poll get their
//! packets from the layer below, and so do those that go over to a web socket, until it is theirs.
//!
//! The layer below can only tell a client that the server does not want it any more
//! (`io server disconnect`), after which Socket.IO's client does not come back by itself. A
//! connection that is to come back, to another node or to this one after its restart, has to lose its
//! transport instead. Only the client can ask for that in Engine.IO, with a message; so that message
//! is put in front of what the client sends next. What the server had still to send goes out before
//! the web socket closes in good order. From a client that does not read it never would: such a web
//! socket is cut.

use std::{
    collections::VecDeque,
    io,
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
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf, copy, sink, split},
    runtime::Handle,
    time::timeout,
};

use super::{
    flusher::{Flusher, TOGETHER},
    queue::{ForBelow, KEPT, Piece, Queue},
    traffic::{SlowReason, Traffic},
};
use crate::packet::{Amount, Packet, Written, frames::Frames, in_poll};

/// Engine.IO's `close` as a client sends it: a final text frame, masked with zeros, of one byte.
const CLOSE: [u8; 7] = [0x81, 0x81, 0, 0, 0, 0, b'1'];

/// Engine.IO's `upgrade`: its session is now this web socket's.
const UPGRADE: &[u8] = b"5";

/// How long a client that was hung up on may take to read what was sent to it.
const LINGER: Duration = Duration::from_secs(2);

/// How much of what the layer below writes may wait: pings and the like, and what it sent to a client that
/// polled before.
const MAX_BELOW: usize = 16 * 1024;

/// How many writes a line has before others have their turn.
const WRITES: usize = 8;

/// The line to a client, for all the life of its Engine.IO session, whatever transport that has.
pub(crate) struct Line {
    traffic: Traffic,
    queue: Mutex<Queue>,
    out: Mutex<Out>,
    flusher: Flusher,
    /// How many bytes of the layer below wait.
    below: AtomicUsize,
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
    network: Option<WriteHalf<Box<dyn Io>>>,
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

    /// Says that the layer below will tell the client that it is connected: it hears nothing before that.
    pub(crate) fn connect(&self) {
        self.queue.lock().connect();
    }

    /// Sends a packet, or gives it back if it is the layer below that has to.
    pub(crate) fn send(self: &Arc<Self>, packet: Packet) -> Result<(), ForBelow> {
        let mut queue = self.queue.lock();
        queue.push(packet)?;
        self.told(queue.falls_due());
        Ok(())
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
        self.told(queue.falls_due());
    }

    /// See [`Traffic::watch`]. What the layer below has kept from a poll is lost when there is no next one.
    pub(crate) fn watch(&self, limit: Duration) -> Result<(), SlowReason> {
        self.traffic.watch(limit).map_err(|reason| {
            let is_lost = self.has_written_below() && self.queue.lock().waits_for_below();
            if is_lost { SlowReason::Lost } else { reason }
        })
    }

    /// Ends a web socket between two messages of its client.
    pub(crate) fn hang_up(&self) {
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
    pub(super) fn flush(self: &Arc<Self>, together: &mut Vec<u8>) {
        let waker = Waker::from(self.clone());
        let mut context = Context::from_waker(&waker);
        let mut out = self.out.lock();
        for _ in 0..WRITES {
            let written = match self.write_some(&mut out, together, &mut context) {
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
        self.flusher.flush(self.clone());
    }

    fn write_some(
        &self,
        out: &mut Out,
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
            let rests = self.queue.lock().rests();
            return Poll::Ready(Ok(if rests { Done::All } else { Done::Some }));
        };
        let bytes = if pieces.len() == 1 || first.bytes.len() > TOGETHER {
            &first.bytes[*at..]
        } else {
            gather(pieces, *at, together);
            &together[..]
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

    /// Has it flushed, if something has fallen due.
    fn told(self: &Arc<Self>, is_due: bool) {
        if is_due {
            self.flusher.flush(self.clone());
        }
    }

    /// Whether nothing of what the layer below wrote waits.
    fn has_written_below(&self) -> bool {
        self.below.load(Ordering::SeqCst) == 0
    }

    fn whole(&self) -> io::Result<()> {
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

/// Puts small pieces together.
fn gather(pieces: &VecDeque<Piece>, at: usize, together: &mut Vec<u8>) {
    together.clear();
    let mut begin = at;
    for piece in pieces {
        let bytes = &piece.bytes[begin..];
        if together.len() + bytes.len() > TOGETHER {
            break;
        }
        together.extend_from_slice(bytes);
        begin = 0;
    }
}

impl Out {
    /// Notes that some bytes have been written: what of them counts, and how many are of the layer below.
    fn advance(&mut self, mut taken: usize) -> (Amount, usize) {
        let (mut amount, mut below) = (Amount::default(), 0);
        while let Some(piece) = self.pieces.front() {
            let left = piece.bytes.len() - self.at;
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

/// What a web socket comes in by.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Io for T {}

/// The end of a line that the layer below talks through, with a web socket.
pub(crate) struct Wire {
    /// There until it is dropped.
    network: Option<ReadHalf<Box<dyn Io>>>,
    line: Arc<Line>,
    read: Frames,
    written: Written,
    /// Whether its session began by polling, and is not this web socket's yet.
    is_probing: bool,
    /// How much of [`CLOSE`] has been read.
    said: usize,
}

impl Wire {
    /// `None` if a web socket talks through the line already: the layer below wants no second one.
    pub(crate) fn new(io: impl Io, line: &Arc<Line>) -> Option<Self> {
        let mut wire = Self::after_polls(io, line)?;
        wire.go_direct();
        Some(wire)
    }

    /// For a session that began by polling.
    pub(crate) fn after_polls(io: impl Io, line: &Arc<Line>) -> Option<Self> {
        if line.is_taken.swap(true, Ordering::SeqCst) {
            return None;
        }
        let (network, out) = split(Box::new(io) as Box<dyn Io>);
        line.out.lock().network = Some(out);
        Some(Self {
            network: Some(network),
            line: line.clone(),
            read: Frames::default(),
            written: Written::default(),
            is_probing: true,
            said: 0,
        })
    }

    /// Reads the end, if it has come.
    fn read_end(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        if !self.line.is_ending() || !self.read.are_between_messages() {
            return false;
        }
        let left = &CLOSE[self.said..];
        let some = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..some]);
        self.said += some;
        some > 0
    }

    fn follow(&mut self, bytes: &[u8]) {
        let mut is_upgraded = false;
        self.read.follow(bytes, |piece| {
            is_upgraded |= piece.is_text_of(UPGRADE);
        });
        if self.is_probing && is_upgraded {
            self.go_direct();
        }
    }

    /// The session is this web socket's from here on.
    fn go_direct(&mut self) {
        self.is_probing = false;
        self.line.queue.lock().go_direct();
    }

    /// Waits until the layer below has less than so many bytes that wait.
    fn poll_below(&self, context: &Context<'_>, bytes: usize) -> Poll<io::Result<()>> {
        let line = &self.line;
        let is_so = || line.below.load(Ordering::SeqCst) < bytes;
        if !is_so() {
            line.writer.register(context.waker());
            line.whole()?;
            if !is_so() {
                return Poll::Pending;
            }
        }
        Poll::Ready(line.whole())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut out = std::mem::take(&mut *self.line.out.lock());
        self.line.below.store(0, Ordering::SeqCst);
        if self.is_probing {
            // Its session did not go over to it, and polls on.
            self.line.queue.lock().clear();
        } else {
            self.line.queue.lock().close();
        }
        self.line.is_taken.store(false, Ordering::SeqCst);
        if self.line.is_ending()
            && self.line.whole().is_ok()
            && let (Some(read), Some(write)) = (self.network.take(), out.network.take())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(see_off(read, write));
        }
    }
}

/// Closes after what was sent has been read. The kernel would throw that away, all the way to the client,
/// if something came from there that nobody reads: an answer to a ping is enough.
async fn see_off(mut read: impl AsyncRead + Unpin, mut write: impl AsyncWrite + Unpin) {
    let leave = async {
        write.shutdown().await?;
        copy(&mut read, &mut sink()).await
    };
    let _ = timeout(LINGER, leave).await;
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.read_end(buffer) {
            return Poll::Ready(Ok(()));
        }
        this.line.whole()?;
        let before = buffer.filled().len();
        let network = this.network.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let read = Pin::new(network).poll_read(context, buffer);
        if read.is_pending() {
            this.line.reader.register(context.waker());
            // It may have been hung up or cut just before.
            this.line.whole()?;
            if this.read_end(buffer) {
                return Poll::Ready(Ok(()));
            }
        }
        ready!(read)?;
        this.follow(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_below(context, MAX_BELOW))?;
        let Self { line, written, .. } = &mut *self;
        let seen = written.follow(bytes);
        line.below.fetch_add(bytes.len(), Ordering::SeqCst);
        let mut queue = line.queue.lock();
        queue.push_below(bytes, seen, !written.is_between_messages());
        line.told(queue.falls_due());
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_below(context, 1)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_below(context, 1))?;
        match &mut self.line.out.lock().network {
            Some(network) => Pin::new(network).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        net::{TcpListener, TcpStream},
        task::yield_now,
    };

    use super::{super::flusher, *};

    fn line() -> Arc<Line> {
        Arc::new(Line::new(flusher::begin()))
    }

    /// An event with this much text.
    fn packet(bytes: usize) -> Packet {
        Packet::event("sync", &json!("x".repeat(bytes))).expect("written")
    }

    /// Whether it is sent directly.
    fn send(line: &Arc<Line>, packet: &Packet) -> bool {
        line.traffic().sent(packet.amount());
        line.send(packet.clone()).is_ok()
    }

    /// A frame as the layer below writes it.
    fn frame(text: &str) -> Vec<u8> {
        let length = u8::try_from(text.len()).expect("short");
        [&[0x81, length], text.as_bytes()].concat()
    }

    async fn read(client: &mut (impl AsyncRead + Unpin), expected: &[&[u8]]) {
        let expected = expected.concat();
        let mut read = vec![0; expected.len()];
        client.read_exact(&mut read).await.expect("read");
        assert_eq!(read, expected);
    }

    #[tokio::test]
    async fn a_line_ends_after_the_message_that_its_client_is_sending() {
        let (mut client, server) = duplex(1024);
        let line = line();
        let mut wire = Wire::new(server, &line).expect("a free line");
        let mut buffer = [0; 64];

        client
            .write_all(&[0x81, 0x82, 0, 0, 0, 0, b'4'])
            .await
            .expect("written");
        assert_eq!(wire.read(&mut buffer).await.expect("read"), 7);
        line.hang_up();
        client.write_all(b"x").await.expect("written");
        assert_eq!(wire.read(&mut buffer).await.expect("read"), 1);
        assert_eq!(wire.read(&mut buffer).await.expect("read"), 7);
        assert_eq!(buffer[..7], CLOSE);
    }

    #[tokio::test]
    async fn a_line_on_which_nobody_speaks_ends_at_once() {
        let (_client, server) = duplex(1024);
        let line = line();
        let mut wire = Wire::new(server, &line).expect("a free line");
        let reading = tokio::spawn(async move {
            let mut buffer = [0; 3];
            let mut all = Vec::new();
            while all.len() < CLOSE.len() {
                let read = wire.read(&mut buffer).await.expect("read");
                all.extend_from_slice(&buffer[..read]);
            }
            all
        });
        yield_now().await;
        line.hang_up();
        assert_eq!(reading.await.expect("read"), CLOSE);
    }

    #[tokio::test]
    async fn packets_and_what_the_layer_below_writes_come_in_their_order() {
        let (mut client, server) = duplex(100_000);
        let line = line();
        let mut wire = Wire::new(server, &line).expect("a free line");
        line.connect();
        let (first, second) = (packet(10), packet(70_000));
        assert!(send(&line, &first));
        for text in ["0{}", "40{}", "2"] {
            wire.write_all(&frame(text)).await.expect("written");
        }
        assert!(send(&line, &second));
        wire.write_all(&frame("2")).await.expect("written");
        wire.flush().await.expect("written");
        read(&mut client, &[&frame("0{}"), &frame("40{}")]).await;
        read(&mut client, &[first.frame(), &frame("2"), second.frame()]).await;
        read(&mut client, &[&frame("2")]).await;
        assert_eq!(line.traffic().unsent(), Amount::default());
    }

    #[tokio::test]
    async fn a_session_that_polled_goes_over_when_its_client_says_so_and_stays_when_it_does_not() {
        let (client, server) = duplex(1024);
        let line = line();
        let wire = Wire::after_polls(server, &line).expect("a free line");
        assert!(!send(&line, &packet(1)));
        drop((wire, client));
        assert!(!send(&line, &packet(1)));
        line.polled(b"42[]\x1e42[]");

        let (mut client, server) = duplex(1024);
        let mut wire = Wire::after_polls(server, &line).expect("a free line");
        assert!(!send(&line, &packet(1)));
        let upgrade = [0x81, 0x81, 7, 0, 0, 0, b'5' ^ 7];
        client.write_all(&upgrade).await.expect("written");
        wire.read_exact(&mut [0; 7]).await.expect("read");
        let direct = packet(2);
        assert!(send(&line, &direct));
        let below = frame("42[]");
        wire.write_all(&below).await.expect("written");
        read(&mut client, &[&below, direct.frame()]).await;
    }

    #[tokio::test]
    async fn what_the_client_takes_is_written_and_what_it_does_not_take_is_not() {
        let (mut client, server) = duplex(64);
        let line = line();
        let _wire = Wire::new(server, &line).expect("a free line");
        let packets = [packet(48), packet(30), packet(100_000)];
        let bytes: usize = packets.iter().map(|packet| packet.amount().bytes).sum();
        for packet in &packets {
            send(&line, packet);
        }
        yield_now().await;
        yield_now().await;
        let first = packets[0].frame().len();
        let unsent = line.traffic().unsent();
        // Two headers of two bytes do not count, nor does a packet of which a part is written.
        assert_eq!(first, 64 - 1);
        assert_eq!((unsent.packets, unsent.bytes), (2, bytes - (first - 2)));
        read(
            &mut client,
            &packets.each_ref().map(|packet| &packet.frame()[..]),
        )
        .await;
        assert_eq!(line.traffic().unsent(), Amount::default());
    }

    #[tokio::test]
    async fn a_line_that_is_cut_fails_who_reads_and_who_writes() {
        let (_client, server) = duplex(16);
        let line = line();
        let wire = Wire::new(server, &line).expect("a free line");
        assert!(Wire::new(tokio::io::empty(), &line).is_none());
        let (mut reader, mut writer) = tokio::io::split(wire);
        let reading = tokio::spawn(async move { reader.read_u8().await.map(drop) });
        let writing = tokio::spawn(async move {
            writer.write_all(&[0; MAX_BELOW]).await?;
            writer.write_all(&[0]).await
        });
        yield_now().await;
        assert!(!writing.is_finished(), "there is a bound");
        line.cut();
        for end in [reading.await, writing.await] {
            let error = end.expect("no panic").expect_err("it is cut");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        }
        assert!(Wire::new(tokio::io::empty(), &line).is_some());
    }

    #[tokio::test]
    async fn a_line_whose_client_has_gone_is_cut() {
        let (client, server) = duplex(16);
        let line = line();
        let mut wire = Wire::new(server, &line).expect("a free line");
        drop(client);
        send(&line, &packet(1));
        wire.flush()
            .await
            .expect("nothing of the layer below waits");
        while line.whole().is_ok() {
            yield_now().await;
        }
        wire.read_u8().await.expect_err("it is cut");
    }

    #[tokio::test]
    async fn what_was_sent_is_read_also_by_a_client_that_still_speaks() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut client = TcpStream::connect(address).await.expect("connected");
        let (server, _) = listener.accept().await.expect("accepted");
        let line = line();
        let mut wire = Wire::new(server, &line).expect("a free line");
        wire.write_all(b"last words").await.expect("written");
        wire.flush().await.expect("written");
        client.write_all(b"not read").await.expect("written");
        line.hang_up();
        drop(wire);
        client.write_all(b"nor this").await.expect("written");
        let mut heard = String::new();
        client
            .read_to_string(&mut heard)
            .await
            .expect("read to the end");
        assert_eq!(heard, "last words");
    }
}

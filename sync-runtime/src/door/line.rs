//! The transport of one connection: what goes through it, and ways to end it.
//!
//! The layer below can only tell a client that the server does not want it any more
//! (`io server disconnect`), after which Socket.IO's client does not come back by itself. A
//! connection that is to come back, to another node or to this one after its restart, has to lose its
//! transport instead. Only the client can ask for that in Engine.IO, with a message; so that message
//! is put in front of what the client sends next. What the server had still to send goes out before
//! the web socket closes in good order. From a client that does not read it never would: such a web
//! socket is cut.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, copy, sink},
    runtime::Handle,
    time::timeout,
};

use super::{
    frames::Frames,
    packets::Written,
    traffic::{Amount, Traffic},
};

/// Engine.IO's `close` as a client sends it: a final text frame, masked with zeros, of one byte.
const CLOSE: [u8; 7] = [0x81, 0x81, 0, 0, 0, 0, b'1'];

/// How long a client that was hung up on may take to read what was sent to it.
const LINGER: Duration = Duration::from_secs(2);

/// The line to a client, for all the life of its Engine.IO session, whatever transport that has.
#[derive(Default)]
pub(crate) struct Line {
    traffic: Traffic,
    /// Whether a web socket talks through it: one at a time.
    is_taken: AtomicBool,
    is_ending: AtomicBool,
    is_cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Line {
    pub(crate) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Ends a web socket between two messages of its client.
    pub(crate) fn hang_up(&self) {
        self.is_ending.store(true, Ordering::SeqCst);
        self.reader.wake();
    }

    /// Ends a web socket where it is: nothing is read from it or written to it any more.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.reader.wake();
        self.writer.wake();
    }

    /// Whether it has been hung up.
    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::SeqCst)
    }

    fn whole(&self) -> io::Result<()> {
        if self.is_cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

/// What a web socket comes in by.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Io for T {}

/// The end of a line that a web socket talks through.
pub(crate) struct Wire<T: Io> {
    /// There until it is dropped.
    io: Option<T>,
    line: Arc<Line>,
    read: Frames,
    written: Written,
    /// Whether its session began by polling, and nothing that counts has been written since.
    is_new_after_polls: bool,
    /// How much of [`CLOSE`] has been read.
    said: usize,
}

impl<T: Io> Wire<T> {
    /// `None` if a web socket talks through the line already: the layer below wants no second one.
    pub(crate) fn new(io: T, line: Arc<Line>) -> Option<Self> {
        let is_free = !line.is_taken.swap(true, Ordering::SeqCst);
        is_free.then(|| Self {
            io: Some(io),
            line,
            read: Frames::default(),
            written: Written::default(),
            is_new_after_polls: false,
            said: 0,
        })
    }

    /// For a session that began by polling.
    pub(crate) fn after_polls(mut self) -> Self {
        self.is_new_after_polls = true;
        self
    }

    /// The bytes below, unless the line is cut.
    fn io(&mut self) -> io::Result<Pin<&mut T>> {
        self.line.whole()?;
        let io = self.io.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        Ok(Pin::new(io))
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
}

impl<T: Io> Drop for Wire<T> {
    fn drop(&mut self) {
        self.line.is_taken.store(false, Ordering::SeqCst);
        if self.line.is_ending()
            && self.line.whole().is_ok()
            && let Some(io) = self.io.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(see_off(io));
        }
    }
}

/// Closes after what was sent has been read. The kernel would throw that away, all the way to the client,
/// if something came from there that nobody reads: an answer to a ping is enough.
async fn see_off(mut io: impl Io) {
    let leave = async {
        io.shutdown().await?;
        copy(&mut io, &mut sink()).await
    };
    let _ = timeout(LINGER, leave).await;
}

impl<T: Io> AsyncRead for Wire<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.read_end(buffer) {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = this.io()?.poll_read(context, buffer);
        if read.is_pending() {
            this.line.reader.register(context.waker());
            // It may have been hung up or cut just before.
            this.line.whole()?;
            if this.read_end(buffer) {
                return Poll::Ready(Ok(()));
            }
        }
        ready!(read)?;
        this.read.follow(&buffer.filled()[before..], |_| {});
        Poll::Ready(Ok(()))
    }
}

impl<T: Io> AsyncWrite for Wire<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let write = this.io()?.poll_write(context, bytes);
        if write.is_pending() {
            this.line.writer.register(context.waker());
            this.line.whole()?;
        }
        let taken = ready!(write)?;
        let amount = this.written.follow(&bytes[..taken]);
        this.line.traffic.wrote(amount);
        if this.is_new_after_polls && amount != Amount::default() {
            this.is_new_after_polls = false;
            // What was too much for the last poll and was kept for a next one, the layer below forgets.
            this.line.traffic.doubt();
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = self.io()?.poll_flush(context);
        if flush.is_pending() {
            self.line.writer.register(context.waker());
            self.line.whole()?;
        }
        flush
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io()?.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    #[tokio::test]
    async fn a_line_ends_after_the_message_that_its_client_is_sending() {
        let (mut client, server) = duplex(1024);
        let line = Arc::new(Line::default());
        let mut wire = Wire::new(server, line.clone()).expect("a free line");
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
        let line = Arc::new(Line::default());
        let mut wire = Wire::new(server, line.clone()).expect("a free line");
        let reading = tokio::spawn(async move {
            let mut buffer = [0; 3];
            let mut all = Vec::new();
            while all.len() < CLOSE.len() {
                let read = wire.read(&mut buffer).await.expect("read");
                all.extend_from_slice(&buffer[..read]);
            }
            all
        });
        tokio::task::yield_now().await;
        line.hang_up();
        assert_eq!(reading.await.expect("read"), CLOSE);
    }

    #[tokio::test]
    async fn what_the_client_takes_is_written_and_what_it_does_not_take_is_not() {
        let (mut client, server) = duplex(64);
        let line = Arc::new(Line::default());
        let mut wire = Wire::new(server, line.clone()).expect("a free line");
        let event = format!(r#"42["sync",{}]"#, "x".repeat(100));
        let length = u8::try_from(event.len()).expect("short");
        let frame = [&[0x81, length], event.as_bytes()].concat();
        line.traffic().sent(Amount::packet(event.len()));
        let writing = tokio::spawn(async move {
            wire.write_all(&frame).await.expect("written");
            wire
        });
        tokio::task::yield_now().await;
        let unsent = line.traffic().unsent();
        assert_eq!(unsent, Amount::packet(event.len() - 62));
        let mut taken = vec![0; 2 + event.len()];
        client.read_exact(&mut taken).await.expect("read");
        writing.await.expect("written");
        assert_eq!(line.traffic().unsent(), Amount::default());
    }

    #[tokio::test]
    async fn a_line_that_is_cut_fails_who_reads_and_who_writes() {
        let (_client, server) = duplex(16);
        let line = Arc::new(Line::default());
        let wire = Wire::new(server, line.clone()).expect("a free line");
        assert!(Wire::new(tokio::io::empty(), line.clone()).is_none());
        let (mut reader, mut writer) = tokio::io::split(wire);
        let reading = tokio::spawn(async move { reader.read_u8().await.map(drop) });
        let writing = tokio::spawn(async move { writer.write_all(&[0; 100]).await });
        tokio::task::yield_now().await;
        line.cut();
        for end in [reading.await, writing.await] {
            let error = end.expect("no panic").expect_err("it is cut");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        }
        assert!(Wire::new(tokio::io::empty(), line).is_some());
    }

    #[tokio::test]
    async fn what_was_sent_is_read_also_by_a_client_that_still_speaks() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut client = TcpStream::connect(address).await.expect("connected");
        let (server, _) = listener.accept().await.expect("accepted");
        let line = Arc::new(Line::default());
        let mut wire = Wire::new(server, line.clone()).expect("a free line");
        wire.write_all(b"last words").await.expect("written");
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

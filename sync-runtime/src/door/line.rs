//! The bytes of one web socket, with a way to end it.
//!
//! The layer below can only tell a client that the server does not want it any more
//! (`io server disconnect`), after which Socket.IO's client does not come back by itself. A
//! connection that is to come back, to another node or to this one after its restart, has to lose its
//! transport instead. Only the client can ask for that in Engine.IO, with a message; so that message
//! is put in front of what the client sends next. What the server had still to send goes out before
//! the web socket closes in good order.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::Frames;

/// Engine.IO's `close` as a client sends it: a final text frame, masked with zeros, of one byte.
const CLOSE: [u8; 7] = [0x81, 0x81, 0, 0, 0, 0, b'1'];

/// The end of a line that can hang up.
#[derive(Default)]
pub(crate) struct Line {
    is_ending: AtomicBool,
    reader: AtomicWaker,
}

impl Line {
    /// Ends the line between two messages of its client.
    pub(crate) fn hang_up(&self) {
        self.is_ending.store(true, Ordering::SeqCst);
        self.reader.wake();
    }

    fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::SeqCst)
    }
}

/// The end of a line that a web socket talks through.
pub(crate) struct Wire<T, K = ()> {
    io: T,
    /// Dropped with the wire.
    _keep: K,
    line: Arc<Line>,
    frames: Frames,
    /// How much of [`CLOSE`] has been read.
    said: usize,
}

impl<T, K> Wire<T, K> {
    pub(crate) fn new(io: T, line: Arc<Line>, keep: K) -> Self {
        Self {
            io,
            _keep: keep,
            line,
            frames: Frames::default(),
            said: 0,
        }
    }

    /// Reads the end, if it has come.
    fn read_end(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        if !self.line.is_ending() || !self.frames.are_between_messages() {
            return false;
        }
        let left = &CLOSE[self.said..];
        let some = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..some]);
        self.said += some;
        some > 0
    }
}

impl<T: AsyncRead + Unpin, K: Unpin> AsyncRead for Wire<T, K> {
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
        let read = Pin::new(&mut this.io).poll_read(context, buffer);
        if read.is_pending() {
            this.line.reader.register(context.waker());
            // It may have been hung up just before.
            if this.read_end(buffer) {
                return Poll::Ready(Ok(()));
            }
        }
        ready!(read)?;
        this.frames.follow(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin, K: Unpin> AsyncWrite for Wire<T, K> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn a_line_ends_after_the_message_that_its_client_is_sending() {
        let (mut client, server) = duplex(1024);
        let line = Arc::new(Line::default());
        let mut wire = Wire::new(server, line.clone(), ());
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
        let mut wire = Wire::new(server, line.clone(), ());
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
}

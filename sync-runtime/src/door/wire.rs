//! The end of a line that the layer below talks through, and how it is taken from its client.
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
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, copy, sink},
    runtime::Handle,
    time::timeout,
};

use super::{
    line::{Line, MAX_BELOW},
    network::{Network, ReadEnd},
};
use crate::packet::{Written, frames::Frames};

/// Engine.IO's `close` as a client sends it: a final text frame, masked with zeros, of one byte.
pub(super) const CLOSE: [u8; 7] = [0x81, 0x81, 0, 0, 0, 0, b'1'];

/// Engine.IO's `upgrade`: its session is now this web socket's.
const UPGRADE: &[u8] = b"5";

/// How long a client that was hung up on may take to read what was sent to it.
const LINGER: Duration = Duration::from_secs(2);

/// What the layer below has of a web socket.
pub(crate) struct Wire {
    /// There until it is dropped.
    network: Option<ReadEnd>,
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
    pub(crate) fn new(network: Network, line: &Arc<Line>) -> Option<Self> {
        let mut wire = Self::after_polls(network, line)?;
        wire.go_direct();
        Some(wire)
    }

    /// For a session that began by polling.
    pub(crate) fn after_polls(network: Network, line: &Arc<Line>) -> Option<Self> {
        line.take(network.write).then(|| Self {
            network: Some(network.read),
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
        self.line.go_direct();
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // A session that did not go over to it polls on.
        let write = self.line.give_back(!self.is_probing);
        if self.line.is_ending()
            && self.line.whole().is_ok()
            && let (Some(read), Some(write)) = (self.network.take(), write)
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
            this.line.register_reader(context);
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
        ready!(self.line.poll_below(context, MAX_BELOW))?;
        let seen = self.written.follow(bytes);
        let is_mid_frame = !self.written.is_between_messages();
        self.line.write_below(bytes, seen, is_mid_frame);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.poll_below(context, 1)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.line.poll_below(context, 1))?;
        self.line.poll_shutdown(context)
    }
}

//! The network under a web socket: an end to read from and one to write to.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::upgrade::Upgraded;
use hyper_util::{rt::TokioIo, server::conn::auto::upgrade::downcast};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, WriteHalf, split},
    net::{TcpStream, tcp::OwnedWriteHalf},
};

/// Whatever bytes come and go by.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Io for T {}

/// What a web socket comes in by.
pub(crate) struct Network {
    pub(super) read: ReadEnd,
    pub(super) write: WriteEnd,
}

pub(super) type ReadEnd = Box<dyn AsyncRead + Unpin + Send>;

/// A TCP stream is written to by itself: whatever is around it has to be fetched from memory for each delivery.
pub(super) enum WriteEnd {
    Tcp(OwnedWriteHalf),
    Other(WriteHalf<Box<dyn Io>>),
}

impl Network {
    /// What was an HTTP connection.
    pub(crate) fn of(upgraded: Upgraded) -> Self {
        let parts = match downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => parts,
            Err(upgraded) => return Self::other(TokioIo::new(upgraded)),
        };
        let (read, write) = parts.io.into_inner().into_split();
        Self {
            read: if parts.read_buf.is_empty() {
                Box::new(read)
            } else {
                Box::new(io::Cursor::new(parts.read_buf).chain(read))
            },
            write: WriteEnd::Tcp(write),
        }
    }

    pub(super) fn other(io: impl Io) -> Self {
        let (read, write) = split(Box::new(io) as Box<dyn Io>);
        Self {
            read: Box::new(read),
            write: WriteEnd::Other(write),
        }
    }
}

impl AsyncWrite for WriteEnd {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(write) => Pin::new(write).poll_write(context, bytes),
            Self::Other(write) => Pin::new(write).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(write) => Pin::new(write).poll_flush(context),
            Self::Other(write) => Pin::new(write).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(write) => Pin::new(write).poll_shutdown(context),
            Self::Other(write) => Pin::new(write).poll_shutdown(context),
        }
    }
}

//! A member of a room.

use std::{io, net::SocketAddr};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    frames::{self, Frames},
    handshake::{self, JOINED, UPGRADE},
};

/// How much is read at once.
const READ: usize = 64 * 1024;

/// A connection that has joined a room.
pub(crate) struct Member {
    stream: TcpStream,
    frames: Frames,
}

impl Member {
    /// Connects with a session's token and joins a room.
    pub(crate) async fn join(server: SocketAddr, token: &str, room: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        stream.write_all(UPGRADE.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let mut member = Self {
            stream,
            frames: Frames::default(),
        };
        member.until("0{").await?;
        member.send(&handshake::connect(token)).await?;
        member.until("40{").await?;
        member.send(&handshake::join(room)).await?;
        member.until(JOINED).await?;
        Ok(member)
    }

    /// Sends a request.
    pub(crate) async fn request(&mut self, route: &str, room: &str, data: Value) -> io::Result<()> {
        let packet = json!(["sync", {
            "name": format!("sync/{route}"),
            "cb": route,
            "data": data,
            "receiver": room,
            "responseIndex": 1,
        }]);
        self.send(&format!("42{packet}")).await
    }

    /// Waits for a packet that begins so, and gives it.
    pub(crate) async fn until(&mut self, beginning: &str) -> io::Result<String> {
        let mut found = None;
        self.read(|packet| {
            let found_it = packet.starts_with(beginning.as_bytes());
            if found_it {
                found = Some(String::from_utf8_lossy(packet).into_owned());
            }
            !found_it
        })
        .await?;
        Ok(found.unwrap_or_default())
    }

    /// Hands packets over until `goes_on` says no; answers pings.
    pub(crate) async fn read(&mut self, mut goes_on: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
        loop {
            let (mut is_pinged, mut is_over) = (false, false);
            while !is_over && let Some(packet) = self.frames.next() {
                is_pinged |= packet == b"2";
                is_over = !goes_on(packet);
            }
            if is_pinged {
                self.send("3").await?;
            }
            if is_over {
                return Ok(());
            }
            let space = self.frames.space();
            space.reserve(READ);
            if self.stream.read_buf(space).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn send(&mut self, packet: &str) -> io::Result<()> {
        let mut frame = Vec::new();
        frames::append_as_client(&mut frame, packet.as_bytes());
        self.stream.write_all(&frame).await
    }
}

//! How a member comes in: a web socket, Engine.IO in it, Socket.IO in that, and rooms.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::json;

use super::frames::{self, Frames};

/// The request for a web socket that speaks Engine.IO.
pub(crate) const UPGRADE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n\
    Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

/// The packet that connects with a session's token.
pub(crate) fn connect(token: &str) -> String {
    format!("40{}", json!({ "token": token }))
}

/// The packet that joins a room; the answer begins with [`JOINED`].
pub(crate) fn join(room: &str) -> String {
    let join = json!(["joinRoom", { "group": room, "responseIndex": 0 }]);
    format!("42{join}")
}

/// How the answer to [`join`] begins.
pub(crate) const JOINED: &str = "42[\"joinRoom-0\",{\"rooms\"";

/// How long a server may take to answer a step of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Connects with a session's token and joins rooms. Nothing but answers may come meanwhile.
pub(crate) fn come_in(server: SocketAddr, token: &str, rooms: &[String]) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut newcomer = Newcomer {
        stream,
        received: Frames::default(),
    };
    newcomer.stream.write_all(UPGRADE.as_bytes())?;
    newcomer.switch()?;
    newcomer.until("0{")?;
    newcomer.ask(&connect(token), "40{")?;
    for room in rooms {
        newcomer.ask(&join(room), JOINED)?;
    }
    Ok(newcomer.stream)
}

struct Newcomer {
    stream: TcpStream,
    received: Frames,
}

impl Newcomer {
    /// Reads the head of the answer, byte by byte: what is behind it are frames.
    fn switch(&mut self) -> io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        if head.starts_with(b"HTTP/1.1 101") {
            Ok(())
        } else {
            Err(io::Error::other(
                String::from_utf8_lossy(&head).into_owned(),
            ))
        }
    }

    fn ask(&mut self, packet: &str, answer: &str) -> io::Result<()> {
        let mut frame = Vec::new();
        frames::append_as_client(&mut frame, packet.as_bytes());
        self.stream.write_all(&frame)?;
        self.until(answer)
    }

    fn until(&mut self, beginning: &str) -> io::Result<()> {
        loop {
            while let Some(packet) = self.received.next() {
                if packet.starts_with(beginning.as_bytes()) {
                    return Ok(());
                }
            }
            let mut bytes = [0; 1024];
            let length = self.stream.read(&mut bytes)?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.received.space().extend(&bytes[..length]);
        }
    }
}

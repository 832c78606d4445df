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
        self.send(packet)?;
        self.until(answer)
    }

    fn send(&mut self, packet: &str) -> io::Result<()> {
        let mut frame = Vec::new();
        frames::append_as_client(&mut frame, packet.as_bytes());
        self.stream.write_all(&frame)
    }

    /// Reads up to a packet that begins so, and what came with it; answers pings: the first of socketioxide
    /// comes at once, and who does not answer it is closed 20 seconds later.
    fn until(&mut self, beginning: &str) -> io::Result<()> {
        loop {
            let (mut is_found, mut is_pinged) = (false, false);
            while let Some(packet) = self.received.next() {
                is_pinged |= packet == b"2";
                is_found |= packet.starts_with(beginning.as_bytes());
            }
            if is_pinged {
                self.send("3")?;
            }
            if is_found {
                return Ok(());
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

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    #[test]
    fn a_ping_that_comes_with_an_answer_is_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = listener.local_addr().expect("its address");
        let member = thread::spawn(move || come_in(server, "token", &[]));

        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        hear(&mut stream, UPGRADE.as_bytes());
        let switched = b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec();
        say(&mut stream, switched, &["0{}"]);
        hear(&mut stream, &as_client(&connect("token")));
        say(&mut stream, Vec::new(), &["40{}", "2"]);
        hear(&mut stream, &as_client("3"));
        member.join().expect("no panic").expect("a member");
    }

    fn hear(stream: &mut TcpStream, expected: &[u8]) {
        let mut heard = vec![0; expected.len()];
        stream.read_exact(&mut heard).expect("what it says");
        assert_eq!(heard, expected);
    }

    fn say(stream: &mut TcpStream, mut bytes: Vec<u8>, packets: &[&str]) {
        for packet in packets {
            frames::append_as_server(&mut bytes, packet.as_bytes());
        }
        stream.write_all(&bytes).expect("all of it");
    }

    fn as_client(packet: &str) -> Vec<u8> {
        let mut frame = Vec::new();
        frames::append_as_client(&mut frame, packet.as_bytes());
        frame
    }
}

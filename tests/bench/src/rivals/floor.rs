//! The floor: what the same bytes cost when nothing is left to save.
//!
//! One thread, one buffer for each connection, and one write of all that a round of events has put
//! into it. It reads of a packet what it needs and takes everything else on trust, so it is no server
//! for anybody but the load.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr},
};

use mio::{Events, Interest, Poll, Token, net::TcpListener, net::TcpStream};

use crate::{
    Outcome,
    load::frames::{self, Frame},
};

const LISTENER: Token = Token(usize::MAX);
const SWITCH: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

struct Connection {
    stream: TcpStream,
    is_upgraded: bool,
    is_member: bool,
    received: Vec<u8>,
    to_send: Vec<u8>,
}

/// Serves on a port of this machine until it is stopped; 0 takes a free one.
pub(crate) fn run(port: u16) -> Outcome {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    println!(
        "ready http://{} pid={}",
        listener.local_addr()?,
        std::process::id()
    );
    std::io::stdout().flush()?;
    let mut connections: Vec<Connection> = Vec::new();
    let mut events = Events::with_capacity(1024);
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&poll, &listener, &mut connections)?;
            } else if event.is_readable() {
                receive(&mut connections, event.token().0)?;
            }
        }
        for connection in &mut connections {
            connection.write()?;
        }
    }
}

fn accept(poll: &Poll, listener: &TcpListener, connections: &mut Vec<Connection>) -> Outcome {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        stream.set_nodelay(true)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(connections.len());
        poll.registry().register(&mut stream, token, interest)?;
        connections.push(Connection {
            stream,
            is_upgraded: false,
            is_member: false,
            received: Vec::new(),
            to_send: Vec::new(),
        });
    }
}

fn receive(connections: &mut [Connection], place: usize) -> Outcome {
    let mut received = {
        let connection = &mut connections[place];
        connection.read()?;
        std::mem::take(&mut connection.received)
    };
    let mut at = 0;
    if !connections[place].is_upgraded {
        if !received.ends_with(b"\r\n\r\n") {
            connections[place].received = received;
            return Ok(());
        }
        at = received.len();
        connections[place].is_upgraded = true;
        connections[place].to_send.extend(SWITCH);
        connections[place].send(b"0{}");
    }
    while let Some(Frame { payload, length }) = frames::first(&received[at..]) {
        answer(connections, place, payload);
        at += length;
    }
    received.drain(..at);
    connections[place].received = received;
    Ok(())
}

fn answer(connections: &mut [Connection], place: usize, packet: &[u8]) {
    if packet.starts_with(b"40") {
        connections[place].send(b"40{}");
    } else if packet.starts_with(b"42[\"joinRoom\"") {
        connections[place].is_member = true;
        connections[place].send(br#"42["joinRoom-0",{"rooms":[]}]"#);
    } else if let Some(data) = between(packet, br#""data":"#, br#","receiver""#)
        && let Some(index) = between(packet, br#""responseIndex":"#, b"}")
        && let Some(cb) = between(packet, br#""cb":""#, b"\"")
    {
        let result = [br#"{"status":"success","#, &data[1..]].concat();
        let common = [br#""status":"success","message":""#, cb, br#" success","#].concat();
        let parts: [&[u8]; 7] = [
            br#"42["sync-"#,
            index,
            br#"",{"#,
            &common,
            br#""result":"#,
            &result,
            b"}]",
        ];
        connections[place].send(&parts.concat());
        let parts: [&[u8]; 9] = [
            br#"42["sync",{"cb":""#,
            cb,
            br#"","fullName":""#,
            cb,
            b"\",",
            &common,
            br#""serverOutput":"#,
            &result,
            br#","clientOutput":{}}]"#,
        ];
        let mut frame = Vec::new();
        frames::append_as_server(&mut frame, &parts.concat());
        for member in connections.iter_mut().filter(|member| member.is_member) {
            member.to_send.extend(&frame);
        }
    }
}

fn between<'a>(packet: &'a [u8], begin: &[u8], end: &[u8]) -> Option<&'a [u8]> {
    let find = |text: &[u8], what: &[u8]| text.windows(what.len()).position(|part| part == what);
    let rest = &packet[find(packet, begin)? + begin.len()..];
    Some(&rest[..find(rest, end)?])
}

impl Connection {
    fn read(&mut self) -> std::io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => self.received.extend(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn send(&mut self, packet: &[u8]) {
        frames::append_as_server(&mut self.to_send, packet);
    }

    /// Writes what the network takes. What it does not, the event that it takes more will see to.
    fn write(&mut self) -> std::io::Result<()> {
        while !self.to_send.is_empty() {
            match self.stream.write(&self.to_send) {
                Ok(length) => drop(self.to_send.drain(..length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error)
                    if [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset]
                        .contains(&error.kind()) =>
                {
                    self.to_send.clear();
                    self.is_member = false;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

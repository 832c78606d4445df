//! The members, all in one thread with one epoll.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::{
    plan::{Pace, Point, Sender},
    tally::{Heard, Packet, Tally},
};
use crate::{
    load::{Server, frames, handshake},
    sessions,
};

/// How much is read at once. A read that gives less has emptied the socket.
const READ: usize = 256 * 1024;

/// For how long nothing may come before what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(4);

/// For how long nothing may come to a member that has read nothing, when it reads at last, before it counts
/// as open: longer than a server waits for one that it closes to take the last of it.
const STALLED_PATIENCE: Duration = Duration::from_secs(4);

/// How many connect at the same time.
const NEWCOMERS: usize = 4;

pub(super) struct Crowd {
    poll: Poll,
    members: Vec<Member>,
    /// Not read before all is over.
    stalled: Vec<std::net::TcpStream>,
    tally: Tally,
    /// Who sends next is the one who got an answer, or whose turn it is.
    takes_turns: bool,
    senders: Vec<Sender>,
    routes: Vec<String>,
    /// How many requests there were, for turns.
    turn: usize,
    audience: usize,
    pace: Pace,
    buffer: Vec<u8>,
    /// The members that have something to write.
    writers: Vec<usize>,
}

struct Member {
    stream: TcpStream,
    /// The beginning of a frame of which the rest is still to come.
    received: Vec<u8>,
    to_send: Vec<u8>,
    is_open: bool,
}

impl Crowd {
    /// Brings all members in.
    pub(super) fn gather(server: Server, at: &[SocketAddr], point: &Point) -> io::Result<Self> {
        let streams = come_in(at, 0..point.members, point)?;
        let stalled = point.members..point.members + point.stalled;
        let stalled = come_in(at, stalled, point)?;
        let poll = Poll::new()?;
        let mut members = Vec::new();
        for (number, stream) in streams.into_iter().enumerate() {
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry()
                .register(&mut stream, Token(number), interest)?;
            members.push(Member {
                stream,
                received: Vec::new(),
                to_send: Vec::new(),
                is_open: true,
            });
        }
        let tokens = server
            .is_personal()
            .then(|| (0..point.members).map(sessions::token));
        Ok(Self {
            poll,
            members,
            stalled,
            tally: Tally::new(point, tokens.map(Iterator::collect)),
            takes_turns: point.rooms > 0 || matches!(point.pace, Pace::PerSecond(_)),
            senders: point.senders(),
            routes: server.routes(point.routes),
            turn: 0,
            audience: point.audience(),
            pace: point.pace,
            buffer: vec![0; READ],
            writers: Vec::new(),
        })
    }

    /// How many members the server has closed.
    pub(super) fn closed(&self) -> usize {
        self.members.iter().filter(|member| !member.is_open).count()
    }

    /// How many of those that read nothing the server has closed. Reads what was kept for them.
    pub(super) fn closed_stalled(&mut self) -> io::Result<usize> {
        let mut closed = 0;
        for stream in &mut self.stalled {
            stream.set_read_timeout(Some(STALLED_PATIENCE))?;
            loop {
                match stream.read(&mut self.buffer) {
                    Ok(0) => closed += 1,
                    Ok(_) => continue,
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => closed += 1,
                    // It goes on: nothing comes, or pings.
                    Err(_) => {}
                }
                break;
            }
        }
        Ok(closed)
    }

    /// Makes requests for so long, waits until all that they lead to has come, and gives what was heard
    /// and how many deliveries were not.
    pub(super) fn speak(&mut self, time: Duration) -> io::Result<(Heard, usize)> {
        self.tally.heard = Heard::default();
        let begun = Instant::now();
        let mut last_heard = begun;
        let mut due = begun;
        if let Pace::InFlight(requests) = self.pace {
            for number in 0..requests {
                self.request(number % self.senders.len());
            }
        }
        let mut events = Events::with_capacity(1024);
        loop {
            let now = Instant::now();
            let goes_on = now.duration_since(begun) < time;
            let mut wait = PATIENCE;
            if let Pace::PerSecond(requests) = self.pace
                && goes_on
            {
                while due <= now {
                    self.request(self.turn % self.senders.len());
                    due += Duration::from_secs(1) / requests;
                }
                wait = due - now;
            }
            self.write()?;
            let heard = &self.tally.heard;
            let is_all = heard.answers >= heard.requests && heard.lost(self.audience) == 0;
            if !goes_on && (is_all || now.duration_since(last_heard) >= PATIENCE) {
                break;
            }
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                let member = event.token().0;
                if event.is_readable() {
                    last_heard = Instant::now();
                    self.read(member, goes_on)?;
                }
                if event.is_writable() {
                    self.writers.push(member);
                }
            }
        }
        let heard = std::mem::take(&mut self.tally.heard);
        let lost = heard.lost(self.audience);
        Ok((heard, lost))
    }

    fn request(&mut self, sender: usize) {
        let Sender { member, room } = &self.senders[sender];
        let route = &self.routes[self.turn % self.routes.len()];
        let request = self.tally.request(sender, route, room);
        let member = *member;
        self.turn += 1;
        self.send(member, request.as_bytes());
    }

    fn send(&mut self, member: usize, packet: &[u8]) {
        let to_send = &mut self.members[member].to_send;
        if to_send.is_empty() {
            self.writers.push(member);
        }
        frames::append_as_client(to_send, packet);
    }

    /// Reads all that there is. Whoever gets an answer asks again, if it goes on.
    fn read(&mut self, place: usize, goes_on: bool) -> io::Result<()> {
        let mut answers = 0;
        let mut is_pinged = false;
        loop {
            let Member {
                stream,
                received,
                is_open,
                ..
            } = &mut self.members[place];
            let length = match stream.read(&mut self.buffer) {
                Ok(0) => {
                    *is_open = false;
                    break;
                }
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    *is_open = false;
                    break;
                }
                Err(error) => return Err(error),
            };
            let now = self.tally.now();
            let fresh = &self.buffer[..length];
            let is_whole = received.is_empty();
            if !is_whole {
                received.extend(fresh);
            }
            let bytes = if is_whole { fresh } else { &*received };
            let mut at = 0;
            while let Some(frame) = frames::first(&bytes[at..]) {
                match self.tally.hear(place, frame.payload, now) {
                    Packet::Answer => answers += 1,
                    Packet::Ping => is_pinged = true,
                    Packet::Other => {}
                }
                at += frame.length;
            }
            if is_whole {
                received.extend(&fresh[at..]);
            } else {
                received.drain(..at);
            }
            if length < READ {
                break;
            }
        }
        if is_pinged {
            self.send(place, b"3");
        }
        if goes_on && matches!(self.pace, Pace::InFlight(_)) {
            for _ in 0..answers {
                let turn = self.turn % self.senders.len();
                self.request(if self.takes_turns { turn } else { place });
            }
        }
        Ok(())
    }

    /// Writes what the network takes. What it does not, the event that it takes more will see to.
    fn write(&mut self) -> io::Result<()> {
        for place in std::mem::take(&mut self.writers) {
            let member = &mut self.members[place];
            while member.is_open && !member.to_send.is_empty() {
                match member.stream.write(&member.to_send) {
                    Ok(length) => drop(member.to_send.drain(..length)),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => member.is_open = false,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

/// Connects members, some at a time, to each node in turn.
fn come_in(
    nodes: &[SocketAddr],
    numbers: std::ops::Range<usize>,
    point: &Point,
) -> io::Result<Vec<std::net::TcpStream>> {
    let numbers: Vec<usize> = numbers.collect();
    let come_in = |number: usize| {
        let node = nodes[number % nodes.len()];
        handshake::come_in(node, &sessions::token(number), &point.rooms_of(number))
    };
    std::thread::scope(|threads| {
        let share = numbers.len().div_ceil(NEWCOMERS).max(1);
        let threads: Vec<_> = numbers
            .chunks(share)
            .map(|share| {
                threads.spawn(move || {
                    share
                        .iter()
                        .map(|n| come_in(*n))
                        .collect::<io::Result<Vec<_>>>()
                })
            })
            .collect();
        let mut streams = Vec::new();
        for thread in threads {
            let came = thread
                .join()
                .map_err(|_| io::Error::other("a newcomer panicked"))?;
            streams.extend(came?);
        }
        Ok(streams)
    })
}

//! What of the bytes that the layer below writes is of packets that count: events and acknowledgements
//! that the server sends. It adds pings and the like, of which nobody knows when they were sent.

use super::{
    Amount,
    frames::{Frames, Piece},
};

/// What stands between the packets of an answer to a poll. JSON has no such byte.
const SEPARATOR: u8 = 0x1e;

/// An Engine.IO message with a Socket.IO event, and one with an acknowledgement.
const COUNTED: [&[u8; 2]; 2] = [b"42", b"43"];

/// An Engine.IO message that tells a client that it is connected.
const CONNECT: &[u8; 2] = b"40";

/// What was seen in some bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) amount: Amount,
    /// Whether the client is told that it is connected.
    pub(crate) connects: bool,
}

fn counts(packet: &[u8]) -> bool {
    COUNTED.iter().any(|kind| packet.starts_with(*kind))
}

/// What the answer to a poll has.
pub(crate) fn in_poll(body: &[u8]) -> Seen {
    let mut seen = Seen::default();
    for packet in body.split(|byte| *byte == SEPARATOR) {
        seen.connects |= packet.starts_with(CONNECT);
        if counts(packet) {
            seen.amount.packets += 1;
            seen.amount.bytes += packet.len();
        }
    }
    seen
}

/// Follows what is written to a web socket. The layer below makes one frame of a packet.
#[derive(Default)]
pub(crate) struct Written {
    frames: Frames,
    /// The first bytes of the packet that is being written, and how many of them have been.
    kind: [u8; 2],
    known: usize,
}

impl Written {
    /// Whether a new frame can begin here.
    pub(crate) fn is_between_messages(&self) -> bool {
        self.frames.are_between_messages()
    }

    /// What these bytes are of packets that count. A packet counts as written with its last byte, its
    /// bytes as they come.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        let Self {
            frames,
            kind,
            known,
        } = self;
        frames.follow(bytes, |piece| add(&mut seen, kind, known, &piece));
        seen
    }
}

fn add(seen: &mut Seen, kind: &mut [u8; 2], known: &mut usize, piece: &Piece<'_>) {
    if !piece.is_text {
        return;
    }
    if piece.begins {
        *known = 0;
    }
    let before = *known;
    for (place, byte) in kind.iter_mut().skip(before).zip(piece.bytes) {
        *place = *byte;
        *known += 1;
    }
    if *known < kind.len() {
        return;
    }
    seen.connects |= piece.ends && *kind == *CONNECT;
    if !counts(&*kind) {
        return;
    }
    // What came before it was known what this is.
    let held_back = if before < kind.len() { before } else { 0 };
    seen.amount.bytes += held_back + piece.bytes.len();
    seen.amount.packets += usize::from(piece.ends);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..=125 => frame.push(u8::try_from(short).expect("short")),
            long => {
                frame.push(127);
                frame.extend((long as u64).to_be_bytes());
            }
        }
        frame.extend(payload);
        frame
    }

    fn event(payload: usize) -> String {
        format!(r#"42["sync",{}]"#, "x".repeat(payload))
    }

    #[test]
    fn events_and_acknowledgements_count_and_nothing_else_however_the_bytes_are_cut() {
        let (short, long) = (event(2), event(70_000));
        let counted: [&str; 3] = [&short, &long, "431[{}]"];
        let mut bytes = Vec::new();
        for packet in [
            "0{\"sid\":\"42\"}",
            "2",
            "40{\"sid\":\"x\"}",
            "3probe",
            "41",
        ] {
            bytes.extend(frame(0x81, packet.as_bytes()));
        }
        for packet in counted {
            bytes.extend(frame(0x81, packet.as_bytes()));
            // The answer to a web socket's ping has what its client likes.
            bytes.extend(frame(0x8a, short.as_bytes()));
            bytes.extend(frame(0x81, b"4"));
        }
        let expected = Amount {
            packets: counted.len(),
            bytes: counted.iter().map(|packet| packet.len()).sum(),
        };
        for piece in [1, 2, 3, 7, 1000, bytes.len()] {
            let mut written = Written::default();
            let mut all = Amount::default();
            let mut connects = 0;
            for piece in bytes.chunks(piece) {
                let seen = written.follow(piece);
                all.packets += seen.amount.packets;
                all.bytes += seen.amount.bytes;
                connects += usize::from(seen.connects);
            }
            assert_eq!(all, expected, "in pieces of {piece}");
            assert_eq!(connects, 1, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_part_of_a_packet_counts_as_bytes_and_not_yet_as_a_packet() {
        let bytes = frame(0x81, event(50).as_bytes());
        let mut written = Written::default();
        let part = written.follow(&bytes[..2 + 30]).amount;
        assert_eq!((part.packets, part.bytes), (0, 30));
        let rest = written.follow(&bytes[2 + 30..]).amount;
        assert_eq!((rest.packets, rest.bytes), (1, event(50).len() - 30));
    }

    #[test]
    fn the_events_in_the_answer_to_a_poll_count() {
        let body = format!("2\u{1e}{}\u{1e}40{{}}\u{1e}4312[{{}}]\u{1e}6", event(9));
        let seen = in_poll(body.as_bytes());
        assert_eq!(seen.amount.packets, 2);
        assert_eq!(seen.amount.bytes, event(9).len() + "4312[{}]".len());
        assert!(seen.connects);
        assert_eq!(in_poll(b""), Seen::default());
    }
}

//! What of the bytes that are written is of packets that count: the events and acknowledgements that
//! the server sends. The layer below adds pings and the like, of which nobody knows when they were sent.

use super::{
    frames::{Frames, Piece},
    traffic::Amount,
};

/// What stands between the packets of an answer to a poll. JSON has no such byte.
const SEPARATOR: u8 = 0x1e;

/// An Engine.IO message with a Socket.IO event, and one with an acknowledgement.
const COUNTED: [&[u8; 2]; 2] = [b"42", b"43"];

fn counts(packet: &[u8]) -> bool {
    COUNTED.iter().any(|kind| packet.starts_with(*kind))
}

/// What the answer to a poll has.
pub(crate) fn in_poll(body: &[u8]) -> Amount {
    let packets = body.split(|byte| *byte == SEPARATOR);
    packets
        .filter(|packet| counts(packet))
        .fold(Amount::default(), |all, packet| Amount {
            packets: all.packets + 1,
            bytes: all.bytes + packet.len(),
        })
}

/// Follows what is written to a web socket. The layer below makes one frame of a packet.
#[derive(Default)]
pub(super) struct Written {
    frames: Frames,
    /// The first bytes of the packet that is being written, and how many of them have been.
    kind: [u8; 2],
    seen: usize,
}

impl Written {
    /// What these bytes are of packets that count. A packet counts as written with its last byte, its
    /// bytes as they come.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Amount {
        let mut amount = Amount::default();
        let Self { frames, kind, seen } = self;
        frames.follow(bytes, |piece| add(&mut amount, kind, seen, &piece));
        amount
    }
}

fn add(amount: &mut Amount, kind: &mut [u8; 2], seen: &mut usize, piece: &Piece<'_>) {
    if !piece.is_text {
        return;
    }
    if piece.begins {
        *seen = 0;
    }
    let known = *seen;
    for (place, byte) in kind.iter_mut().skip(known).zip(piece.bytes) {
        *place = *byte;
        *seen += 1;
    }
    if *seen < kind.len() || !counts(&*kind) {
        return;
    }
    // What came before it was known what this is.
    let held_back = if known < kind.len() { known } else { 0 };
    amount.bytes += held_back + piece.bytes.len();
    amount.packets += usize::from(piece.ends);
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
            for piece in bytes.chunks(piece) {
                let amount = written.follow(piece);
                all.packets += amount.packets;
                all.bytes += amount.bytes;
            }
            assert_eq!(all, expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_part_of_a_packet_counts_as_bytes_and_not_yet_as_a_packet() {
        let bytes = frame(0x81, event(50).as_bytes());
        let mut written = Written::default();
        let part = written.follow(&bytes[..2 + 30]);
        assert_eq!((part.packets, part.bytes), (0, 30));
        let rest = written.follow(&bytes[2 + 30..]);
        assert_eq!((rest.packets, rest.bytes), (1, event(50).len() - 30));
    }

    #[test]
    fn the_events_in_the_answer_to_a_poll_count() {
        let body = format!("2\u{1e}{}\u{1e}40{{}}\u{1e}4312[{{}}]\u{1e}6", event(9));
        let amount = in_poll(body.as_bytes());
        assert_eq!(amount.packets, 2);
        assert_eq!(amount.bytes, event(9).len() + "4312[{}]".len());
        assert_eq!(in_poll(b""), Amount::default());
    }
}

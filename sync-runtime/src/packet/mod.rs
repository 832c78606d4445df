//! A packet as it goes out: an event or an acknowledgement, written once for all who get it.

pub(crate) mod frames;
mod parts;
mod seen;

use std::io;

use bytes::{Buf, Bytes};
use serde::Serialize;

pub(crate) use self::{
    parts::{Around, Parts},
    seen::{Seen, Written, in_poll},
};

/// An amount of packets, with their Engine.IO text in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) packets: usize,
    pub(crate) bytes: usize,
}

impl Amount {
    pub(crate) fn packet(bytes: usize) -> Self {
        Self { packets: 1, bytes }
    }
}

/// An Engine.IO message with a Socket.IO event, and one with an acknowledgement.
const EVENT: &[u8] = b"42";
const ACK: &[u8] = b"43";

/// A packet, as the frame of a web socket.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    frame: Frame,
    kind: Kind,
}

/// A frame of a web socket with the header in front of it.
#[derive(Debug, Clone)]
pub(crate) enum Frame {
    /// The same bytes for everybody who gets it.
    Whole {
        bytes: Bytes,
        /// How long the header is.
        header: usize,
    },
    /// One that differs in a part from those of others, put together when it is written.
    InParts(Parts),
}

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Event,
    /// The acknowledgement of the packet with this id.
    Ack(i64),
}

impl Packet {
    /// `42["<event>",<data>]`
    pub(crate) fn event(event: &str, data: &impl Serialize) -> serde_json::Result<Self> {
        let mut text = Text::with_capacity(128);
        text.write(EVENT);
        serde_json::to_writer(&mut text, &(event, data))?;
        Ok(text.end(Kind::Event))
    }

    /// `43<id>[<data>]`
    pub(crate) fn ack(id: i64, data: &impl Serialize) -> serde_json::Result<Self> {
        let mut text = Text::with_capacity(128);
        text.write(ACK);
        text.write(id.to_string().as_bytes());
        serde_json::to_writer(&mut text, &[data])?;
        Ok(text.end(Kind::Ack(id)))
    }

    /// It by itself: its Engine.IO text is what counts.
    pub(crate) fn amount(&self) -> Amount {
        Amount::packet(self.frame.len() - self.frame.header_len())
    }

    pub(crate) fn into_frame(self) -> Frame {
        self.frame
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Its JSON, without what Engine.IO and Socket.IO put in front of it.
    pub(crate) fn json(&self) -> String {
        let frame = self.frame.to_vec();
        let text = String::from_utf8_lossy(&frame[self.frame.header_len()..]);
        let begin = text.find('[').unwrap_or_default();
        text[begin..].to_owned()
    }
}

impl Frame {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole { bytes, .. } => bytes.len(),
            Self::InParts(parts) => parts.len(),
        }
    }

    fn header_len(&self) -> usize {
        match self {
            Self::Whole { header, .. } => *header,
            Self::InParts(parts) => parts.header_len(),
        }
    }

    /// Its bytes, if they are in one place.
    pub(crate) fn as_slice(&self) -> Option<&[u8]> {
        match self {
            Self::Whole { bytes, .. } => Some(bytes),
            Self::InParts(_) => None,
        }
    }

    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        self.write(0, self.len(), &mut bytes);
        bytes
    }

    /// Writes at most so many of its bytes behind others, from one on.
    pub(crate) fn write(&self, begin: usize, count: usize, into: &mut Vec<u8>) {
        match self {
            Self::Whole { bytes, .. } => {
                write_some(bytes, begin, count, into);
            }
            Self::InParts(parts) => parts.write(begin, count, into),
        }
    }
}

impl From<Bytes> for Frame {
    /// Bytes that are frames already, with headers that count.
    fn from(bytes: Bytes) -> Self {
        Self::Whole { bytes, header: 0 }
    }
}

/// Writes at most so many bytes, from one on, and says how many.
fn write_some(bytes: &[u8], begin: usize, count: usize, into: &mut Vec<u8>) -> usize {
    let rest = bytes.get(begin..).unwrap_or_default();
    let some = &rest[..rest.len().min(count)];
    into.extend_from_slice(some);
    some.len()
}

/// The text of a packet while it is written, behind a place for its header.
struct Text(Vec<u8>);

impl Text {
    fn with_capacity(bytes: usize) -> Self {
        let mut buffer = Vec::with_capacity(frames::MAX_SERVER_HEADER + bytes);
        buffer.resize(frames::MAX_SERVER_HEADER, 0);
        Self(buffer)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn end(mut self, kind: Kind) -> Packet {
        let place = frames::MAX_SERVER_HEADER;
        let header = frames::text_header(self.0.len() - place);
        let header = header.as_slice();
        let begin = place - header.len();
        self.0[begin..place].copy_from_slice(header);
        let header = header.len();
        let mut bytes = Bytes::from(self.0);
        bytes.advance(begin);
        Packet {
            frame: Frame::Whole { bytes, header },
            kind,
        }
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_packet_is_as_long_as_it_says() -> serde_json::Result<()> {
        let event = Packet::event("sync", &json!({ "a": 1 }))?;
        let text = br#"42["sync",{"a":1}]"#;
        assert_eq!(event.frame.to_vec()[2..], text[..]);
        assert_eq!(event.amount(), Amount::packet(text.len()));
        assert_eq!(event.json(), r#"["sync",{"a":1}]"#);
        let ack = Packet::ack(17, &json!({}))?;
        assert_eq!(ack.frame.to_vec()[2..], b"4317[{}]"[..]);
        assert_eq!((ack.json(), ack.kind()), ("[{}]".to_owned(), Kind::Ack(17)));
        Ok(())
    }

    #[test]
    fn a_packet_of_any_length_is_one_whole_frame() -> serde_json::Result<()> {
        for length in [0, 100, 125, 126, 65_535, 65_536, 70_000] {
            let packet = Packet::event("e", &"x".repeat(length))?;
            let mut follower = frames::Frames::default();
            let mut messages = Vec::new();
            follower.follow(&packet.frame.to_vec(), |piece| {
                assert!(piece.is_text && piece.begins && piece.ends);
                messages.push(piece.bytes.to_vec());
            });
            assert!(follower.are_between_messages());
            let text = format!("42{}", packet.json());
            assert_eq!(packet.amount(), Amount::packet(text.len()));
            assert_eq!(messages, [text.into_bytes()], "{length}");
        }
        Ok(())
    }

    #[test]
    fn a_packet_in_parts_is_the_same_wherever_its_writes_begin_and_end() -> serde_json::Result<()> {
        for length in [0, 100, 125, 126, 65_535, 65_536, 70_000] {
            let own = "x".repeat(length);
            let whole = Packet::event("sync", &json!({ "a": own, "b": 1 }))?;
            let around = Arc::new(Around::event("sync", r#"{"a":""#, r#"","b":1}"#));
            let parted = around.with(own.into_bytes());
            assert_eq!(parted.amount(), whole.amount());
            assert_eq!(parted.json(), whole.json());
            for step in [1, 3, 11, 1_000, usize::MAX] {
                let mut bytes = Vec::new();
                while bytes.len() < parted.frame.len() {
                    parted.frame.write(bytes.len(), step, &mut bytes);
                }
                assert_eq!(bytes, whole.frame.to_vec(), "{length} by {step}");
            }
        }
        Ok(())
    }
}

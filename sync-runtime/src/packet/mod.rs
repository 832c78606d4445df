//! A packet as it goes out: an event or an acknowledgement, written once for all who get it.

pub(crate) mod frames;
mod seen;

use std::io;

use bytes::{Buf, Bytes};
use serde::Serialize;

pub(crate) use self::seen::{Seen, Written, in_poll};

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

/// A packet, with the header of a web socket's frame in front of it: the same bytes for everybody.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    frame: Bytes,
    /// How long the header is.
    header: usize,
    kind: Kind,
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

    /// The same with data that is JSON in pieces, and a name that holds nothing that JSON would escape.
    pub(crate) fn event_of_pieces<const N: usize>(event: &str, data: [&str; N]) -> Self {
        let data_len = data.iter().map(|piece| piece.len()).sum::<usize>();
        let mut text = Text::with_capacity(EVENT.len() + r#"["",]"#.len() + event.len() + data_len);
        text.write(EVENT);
        for piece in ["[\"", event, "\","] {
            text.write(piece.as_bytes());
        }
        for piece in data {
            text.write(piece.as_bytes());
        }
        text.write(b"]");
        text.end(Kind::Event)
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
        Amount::packet(self.frame.len() - self.header)
    }

    /// The frame of a web socket that it is.
    pub(crate) fn into_frame(self) -> Bytes {
        self.frame
    }

    #[cfg(test)]
    pub(crate) fn frame(&self) -> &Bytes {
        &self.frame
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Its JSON, without what Engine.IO and Socket.IO put in front of it.
    pub(crate) fn json(&self) -> &str {
        let text = std::str::from_utf8(&self.frame[self.header..]).unwrap_or_default();
        let begin = text.find('[').unwrap_or_default();
        &text[begin..]
    }
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
        let mut frame = Bytes::from(self.0);
        frame.advance(begin);
        Packet {
            frame,
            header,
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
    use serde_json::json;

    use super::*;

    fn text(packet: &Packet) -> &[u8] {
        &packet.frame()[packet.header..]
    }

    #[test]
    fn a_packet_is_as_long_as_it_says() -> serde_json::Result<()> {
        let event = Packet::event("sync", &json!({ "a": 1 }))?;
        assert_eq!(text(&event), br#"42["sync",{"a":1}]"#);
        assert_eq!(event.amount(), Amount::packet(text(&event).len()));
        assert_eq!(event.json(), r#"["sync",{"a":1}]"#);
        let pieces = Packet::event_of_pieces("sync", ["{\"a\":", "1", "}"]);
        assert_eq!(pieces.frame(), event.frame());
        let ack = Packet::ack(17, &json!({}))?;
        assert_eq!(text(&ack), b"4317[{}]");
        assert_eq!((ack.json(), ack.kind()), ("[{}]", Kind::Ack(17)));
        Ok(())
    }

    #[test]
    fn a_packet_of_any_length_is_one_whole_frame() {
        for length in [0, 100, 125, 126, 65_535, 65_536, 70_000] {
            let padding = "x".repeat(length);
            let packet = Packet::event_of_pieces("e", ["\"", &padding, "\""]);
            let mut follower = frames::Frames::default();
            let mut messages = Vec::new();
            follower.follow(packet.frame(), |piece| {
                assert!(piece.is_text && piece.begins && piece.ends);
                messages.push(piece.bytes.to_vec());
            });
            assert!(follower.are_between_messages());
            assert_eq!(messages, [text(&packet)], "{length}");
        }
    }
}

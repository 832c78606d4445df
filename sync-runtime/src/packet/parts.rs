//! Packets that are the same for all but for a part: what they share is kept once for all of them, until they are
//! written.

use std::sync::Arc;

use super::{EVENT, Frame, Kind, Packet, frames, write_some};

/// What is around the part in which packets differ.
#[derive(Debug)]
pub(crate) struct Around {
    before: Vec<u8>,
    after: Vec<u8>,
}

/// A packet's frame in parts, its own among them.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    around: Arc<Around>,
    own: Vec<u8>,
}

impl Around {
    /// `42["<event>",<before>` and `<after>]`, with a name that holds nothing that JSON would escape.
    pub(crate) fn event(event: &str, before: &str, after: &str) -> Self {
        Self {
            before: [EVENT, b"[\"", event.as_bytes(), b"\",", before.as_bytes()].concat(),
            after: [after.as_bytes(), b"]"].concat(),
        }
    }

    /// The packet with a part of its own.
    pub(crate) fn with(self: &Arc<Self>, own: Vec<u8>) -> Packet {
        let around = self.clone();
        Packet {
            frame: Frame::InParts(Parts { around, own }),
            kind: Kind::Event,
        }
    }
}

impl Parts {
    fn text_len(&self) -> usize {
        self.around.before.len() + self.own.len() + self.around.after.len()
    }

    pub(super) fn header_len(&self) -> usize {
        frames::text_header_len(self.text_len())
    }

    pub(super) fn len(&self) -> usize {
        self.header_len() + self.text_len()
    }

    pub(super) fn write(&self, mut begin: usize, mut count: usize, into: &mut Vec<u8>) {
        let header = frames::text_header(self.text_len());
        let Around { before, after } = &*self.around;
        for part in [header.as_slice(), before, &self.own, after] {
            count -= write_some(part, begin, count, into);
            begin = begin.saturating_sub(part.len());
        }
    }
}

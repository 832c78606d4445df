//! Where the messages of a web socket begin and end in its bytes, in either direction.

/// The longest header of a frame: two bytes, eight of length, four of mask. A server masks nothing.
const MAX_HEADER: usize = MAX_SERVER_HEADER + 4;
pub(crate) const MAX_SERVER_HEADER: usize = 10;

/// The opcode of a frame in which a text begins.
const TEXT: u8 = 1;

/// The bit of a frame that is the last one of its message.
const LAST: u8 = 0x80;

/// The header of a frame of a server that is a whole text of so many bytes.
pub(super) fn text_header(length: usize) -> Header {
    let mut bytes = [0; MAX_SERVER_HEADER];
    bytes[0] = LAST | TEXT;
    let used = if let Ok(short @ 0..=125) = u8::try_from(length) {
        bytes[1] = short;
        2
    } else if let Ok(medium) = u16::try_from(length) {
        bytes[1] = 126;
        bytes[2..4].copy_from_slice(&medium.to_be_bytes());
        4
    } else {
        bytes[1] = 127;
        bytes[2..].copy_from_slice(&(length as u64).to_be_bytes());
        MAX_SERVER_HEADER
    };
    Header { bytes, used }
}

/// How long that is.
pub(super) fn text_header_len(length: usize) -> usize {
    match length {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => MAX_SERVER_HEADER,
    }
}

/// A header of a frame.
pub(super) struct Header {
    bytes: [u8; MAX_SERVER_HEADER],
    used: usize,
}

impl Header {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

/// Follows the bytes of one direction from frame to frame.
#[derive(Default)]
pub(crate) struct Frames {
    header: [u8; MAX_HEADER],
    has: usize,
    /// What the payload is masked with; zeros if it is not.
    mask: [u8; 4],
    /// What is left of the payload.
    payload: u64,
    /// Whether nothing of the payload has come yet.
    begins: bool,
    is_text: bool,
    /// Whether more frames of the same message follow.
    in_message: bool,
}

/// A piece of the payload of a frame, as long as one write or read has it.
pub(crate) struct Piece<'a> {
    pub(crate) bytes: &'a [u8],
    mask: [u8; 4],
    /// Whether the frame is the only or the first one of a text.
    pub(crate) is_text: bool,
    pub(crate) begins: bool,
    pub(crate) ends: bool,
}

impl Piece<'_> {
    /// Whether this text is all that the frame has.
    pub(crate) fn is_text_of(&self, text: &[u8]) -> bool {
        let is_whole = self.is_text && self.begins && self.ends;
        let unmasked = self.bytes.iter().zip(self.mask.iter().cycle());
        is_whole
            && unmasked
                .map(|(byte, mask)| byte ^ mask)
                .eq(text.iter().copied())
    }
}

impl Frames {
    /// Whether a new message can begin here.
    pub(crate) fn are_between_messages(&self) -> bool {
        self.has == 0 && self.payload == 0 && !self.in_message
    }

    /// Follows bytes, and shows what of them is payload.
    pub(crate) fn follow(&mut self, mut bytes: &[u8], mut show: impl FnMut(Piece<'_>)) {
        while !bytes.is_empty() {
            if self.payload > 0 {
                let left = usize::try_from(self.payload).unwrap_or(usize::MAX);
                let (piece, rest) = bytes.split_at(bytes.len().min(left));
                self.payload -= piece.len() as u64;
                show(Piece {
                    bytes: piece,
                    mask: self.mask,
                    is_text: self.is_text,
                    begins: self.begins,
                    ends: self.payload == 0,
                });
                self.begins = false;
                bytes = rest;
                continue;
            }
            self.header[self.has] = bytes[0];
            self.has += 1;
            bytes = &bytes[1..];
            if self.has == header_len(&self.header[..self.has]) {
                self.begin_payload();
            }
        }
    }

    fn begin_payload(&mut self) {
        let [first, second, rest @ ..] = self.header;
        self.mask = [0; 4];
        if second & 0x80 != 0 {
            self.mask
                .copy_from_slice(&self.header[self.has - 4..self.has]);
        }
        self.payload = match second & 0x7f {
            126 => u64::from(u16::from_be_bytes([rest[0], rest[1]])),
            127 => {
                let mut length = [0; 8];
                length.copy_from_slice(&rest[..8]);
                u64::from_be_bytes(length)
            }
            short => u64::from(short),
        };
        self.begins = true;
        self.is_text = first & 0x0f == TEXT;
        // Control frames can come between the frames of a message.
        let is_control = first & 0x08 != 0;
        if !is_control {
            self.in_message = first & LAST == 0;
        }
        self.has = 0;
    }
}

/// How long the header that begins so is; while that is not known, more than there is.
fn header_len(header: &[u8]) -> usize {
    let Some(second) = header.get(1) else {
        return 2;
    };
    let length = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    2 + length + mask
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame as a client sends it.
    fn frame(first: u8, payload: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match payload {
            0..=125 => frame.push(0x80 | u8::try_from(payload).expect("short")),
            126..=65_535 => {
                frame.push(0xfe);
                frame.extend(u16::try_from(payload).expect("short").to_be_bytes());
            }
            _ => {
                frame.push(0xff);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame.extend(std::iter::repeat_n(0xff, payload));
        frame
    }

    #[test]
    fn the_end_of_every_message_is_found_however_its_bytes_are_cut() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let bytes = frame(0x81, length);
            for piece in [1, 3, 7, 1000, bytes.len()] {
                let mut frames = Frames::default();
                let (last, begin) = bytes.split_last().expect("a frame");
                for piece in begin.chunks(piece) {
                    frames.follow(piece, |_| {});
                    assert!(!frames.are_between_messages(), "{length}");
                }
                frames.follow(&[*last], |_| {});
                assert!(frames.are_between_messages(), "{length}");
            }
        }
    }

    #[test]
    fn a_text_is_known_with_any_mask_and_only_when_it_is_all_there_is() {
        for (frame, is_upgrade) in [
            (&[0x81, 0x81, 1, 2, 3, 4, b'5' ^ 1][..], true),
            (&[0x81, 0x01, b'5'], true),
            (&[0x81, 0x81, 1, 2, 3, 4, b'5'], false),
            (&[0x81, 0x82, 0, 0, 0, 0, b'5', b'5'], false),
            (&[0x82, 0x81, 0, 0, 0, 0, b'5'], false),
        ] {
            let mut seen = Vec::new();
            Frames::default().follow(frame, |piece| seen.push(piece.is_text_of(b"5")));
            assert_eq!(seen, [is_upgrade], "{frame:?}");
        }
    }

    #[test]
    fn a_message_of_several_frames_ends_with_the_last_of_them() {
        let mut frames = Frames::default();
        frames.follow(&frame(0x01, 5), |_| {});
        assert!(!frames.are_between_messages());
        frames.follow(&frame(0x89, 2), |_| {});
        assert!(!frames.are_between_messages(), "a ping ends no message");
        frames.follow(&frame(0x00, 5), |_| {});
        assert!(!frames.are_between_messages());
        frames.follow(&frame(0x80, 0), |_| {});
        assert!(frames.are_between_messages());
    }
}

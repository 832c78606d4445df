//! Web socket frames.

/// A frame at the beginning of some bytes.
pub(crate) struct Frame<'a> {
    /// Unmasked only if it was sent so, or masked with zeros.
    pub(crate) payload: &'a [u8],
    /// How long it is in all.
    pub(crate) length: usize,
}

/// The frame that begins here, if all of it is here.
pub(crate) fn first(bytes: &[u8]) -> Option<Frame<'_>> {
    let (&[_, second], _) = bytes.split_first_chunk::<2>()?;
    let (header, length) = match second & 0x7f {
        126 => (4, big_endian(bytes.get(2..4)?)),
        127 => (10, big_endian(bytes.get(2..10)?)),
        short => (2, usize::from(short)),
    };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let begin = header + mask;
    Some(Frame {
        payload: bytes.get(begin..begin + length)?,
        length: begin + length,
    })
}

fn big_endian(bytes: &[u8]) -> usize {
    let shifted = |number: usize, byte: &u8| (number << 8) | usize::from(*byte);
    bytes.iter().fold(0, shifted)
}

/// Bytes received and not yet read as frames.
#[derive(Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    at: usize,
}

impl Frames {
    /// A place for more bytes, behind those that are here.
    pub(crate) fn space(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.at);
        self.at = 0;
        &mut self.bytes
    }

    /// The payload of the next frame, if all of it is here.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        let frame = first(self.bytes.get(self.at..)?)?;
        self.at += frame.length;
        Some(frame.payload)
    }
}

/// Adds a text frame as a client sends it, masked with zeros.
pub(crate) fn append_as_client(frames: &mut Vec<u8>, payload: &[u8]) {
    append_header(frames, 0x80, payload.len());
    frames.extend([0; 4]);
    frames.extend(payload);
}

/// Adds a text frame as a server sends it, not masked.
pub(crate) fn append_as_server(frames: &mut Vec<u8>, payload: &[u8]) {
    append_header(frames, 0, payload.len());
    frames.extend(payload);
}

fn append_header(frames: &mut Vec<u8>, mask: u8, length: usize) {
    frames.push(0x81);
    match u16::try_from(length) {
        Ok(length @ 0..=125) => frames.push(mask | length.to_be_bytes()[1]),
        Ok(length) => {
            frames.push(mask | 0x7e);
            frames.extend(length.to_be_bytes());
        }
        Err(_) => {
            frames.push(mask | 0x7f);
            frames.extend((length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_again_whoever_sent_it_and_only_when_it_is_all_there() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            for append in [append_as_client, append_as_server] {
                let mut bytes = Vec::new();
                append(&mut bytes, &payload);
                assert!(first(&bytes[..bytes.len() - 1]).is_none());
                let frame = first(&bytes).expect("a frame");
                assert_eq!(frame.length, bytes.len());
                assert!(frame.payload == payload);
            }
        }
    }
}

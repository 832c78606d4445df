//! Web socket frames as a server sends them: not masked.

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
        let frame = self.bytes.get(self.at..)?;
        let (&[_, length], _) = frame.split_first_chunk::<2>()?;
        let (header, length) = match length & 0x7f {
            126 => (4, big_endian(frame.get(2..4)?)),
            127 => (10, big_endian(frame.get(2..10)?)),
            short => (2, usize::from(short)),
        };
        let begin = self.at + header;
        let payload = self.bytes.get(begin..begin + length)?;
        self.at = begin + length;
        Some(payload)
    }
}

fn big_endian(bytes: &[u8]) -> usize {
    let shifted = |number: usize, byte: &u8| (number << 8) | usize::from(*byte);
    bytes.iter().fold(0, shifted)
}

/// A text frame as a client sends it, masked with zeros.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(payload.len()) {
        Ok(length @ 0..=125) => frame.push(0x80 | length.to_be_bytes()[1]),
        Ok(length) => {
            frame.push(0xfe);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(0xff);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload.as_bytes());
    frame
}

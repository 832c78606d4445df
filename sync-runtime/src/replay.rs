//! Running streams kept for those who join in the middle.
//!
//! On a route with `replay` the frames of a running handler's broadcasts are kept until it is over. A
//! connection that joins the room meanwhile gets them before the next one, each once: its joining and
//! the sending of a frame never happen at the same time.

use std::{fmt, sync::Arc};

use dashmap::{DashMap, mapref::entry::Entry};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::room::RoomCode;

/// The running streams of each room that has any.
#[derive(Default)]
pub(crate) struct Replays(DashMap<RoomCode, Arc<Mutex<Kept>>>);

/// The running streams of a room.
#[derive(Default)]
struct Kept {
    streams: Vec<Recorded>,
    /// Of all their frames.
    bytes: usize,
}

struct Recorded {
    id: Uuid,
    /// How many frames were sent.
    sent: u64,
    /// The frames, unless they have become too large.
    frames: Option<Vec<Box<RawValue>>>,
}

/// Which frame of which stream this is. A client that has had it before passes it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    id: Uuid,
    index: u64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"{{"id":"{}","index":{}}}"#, self.id, self.index)
    }
}

impl Replays {
    /// Begins to keep a stream. The frames of all streams of a room have `max_bytes` together.
    pub(crate) fn begin(self: &Arc<Self>, room: &RoomCode, max_bytes: usize) -> Running {
        let id = Uuid::new_v4();
        let entry = self.0.entry(room.clone()).or_default();
        entry.lock().streams.push(Recorded {
            id,
            sent: 0,
            frames: Some(Vec::new()),
        });
        Running {
            replays: self.clone(),
            room: room.clone(),
            kept: entry.clone(),
            id,
            max_bytes,
        }
    }

    /// Joins a connection to a room, and sends it what it has missed of the streams that run there.
    /// `join` says whether it is new there.
    pub(crate) fn join(
        &self,
        room: &RoomCode,
        join: impl FnOnce() -> bool,
        mut send: impl FnMut(&RawValue),
    ) {
        // While the entry is held no stream begins, and none of those that run sends anything.
        match self.0.entry(room.clone()) {
            Entry::Vacant(_nobody_begins) => drop(join()),
            Entry::Occupied(running) => {
                let kept = running.get().lock();
                if !join() {
                    return;
                }
                let frames = kept
                    .streams
                    .iter()
                    .filter_map(|stream| stream.frames.as_ref());
                for frame in frames.flatten() {
                    send(frame);
                }
            }
        }
    }
}

/// A running stream, kept as long as this is.
pub(crate) struct Running {
    replays: Arc<Replays>,
    room: RoomCode,
    kept: Arc<Mutex<Kept>>,
    id: Uuid,
    max_bytes: usize,
}

impl Running {
    /// Sends a frame to the room and keeps it.
    pub(crate) fn send(
        &self,
        frame: impl FnOnce(Mark) -> Box<RawValue>,
        send: impl FnOnce(&RawValue) -> usize,
    ) -> usize {
        let mut kept = self.kept.lock();
        let Kept { streams, bytes } = &mut *kept;
        let Some(stream) = streams.iter_mut().find(|stream| stream.id == self.id) else {
            return 0;
        };
        let frame = frame(Mark {
            id: self.id,
            index: stream.sent,
        });
        stream.sent += 1;
        let recipients = send(&frame);
        if stream.frames.is_some() {
            *bytes += frame.get().len();
            if *bytes > self.max_bytes {
                *bytes -= frame.get().len() + stream.forget();
                tracing::warn!(room = %self.room, "a running stream has become too long to be replayed");
            } else if let Some(frames) = &mut stream.frames {
                frames.push(frame);
            }
        }
        recipients
    }
}

impl Recorded {
    /// Gives up its frames, and tells how many bytes they were.
    fn forget(&mut self) -> usize {
        let frames = self.frames.take().unwrap_or_default();
        frames.iter().map(|frame| frame.get().len()).sum()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Entry::Occupied(room) = self.replays.0.entry(self.room.clone()) else {
            return;
        };
        let mut kept = self.kept.lock();
        if let Some(place) = kept.streams.iter().position(|stream| stream.id == self.id) {
            let freed = kept.streams.swap_remove(place).forget();
            kept.bytes -= freed;
        }
        let is_last = kept.streams.is_empty();
        drop(kept);
        if is_last {
            room.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> RoomCode {
        RoomCode::parse("chat:lobby").expect("a room name")
    }

    fn frame(text: &str) -> Box<RawValue> {
        serde_json::value::to_raw_value(text).expect("text")
    }

    fn joined(replays: &Replays) -> Vec<String> {
        let mut seen = Vec::new();
        replays.join(&room(), || true, |frame| seen.push(frame.get().to_owned()));
        seen
    }

    #[test]
    fn who_joins_in_the_middle_gets_what_was_said_in_order() {
        let replays = Arc::new(Replays::default());
        assert!(joined(&replays).is_empty());
        let running = replays.begin(&room(), 1000);
        let mut marks = Vec::new();
        for text in ["a", "b"] {
            let note = |mark: Mark| {
                marks.push(mark.index);
                frame(text)
            };
            assert_eq!(running.send(note, |_| 7), 7);
        }
        assert_eq!(marks, [0, 1]);
        assert_eq!(joined(&replays), ["\"a\"", "\"b\""]);
        drop(running);
        assert!(joined(&replays).is_empty());
        assert!(replays.0.is_empty());
    }

    #[test]
    fn a_stream_that_has_become_too_long_is_not_kept_and_the_others_are() {
        let replays = Arc::new(Replays::default());
        let (long, short) = (replays.begin(&room(), 10), replays.begin(&room(), 10));
        short.send(|_| frame("x"), |_| 1);
        long.send(|_| frame("abcd"), |_| 1);
        assert_eq!(joined(&replays).len(), 2);
        assert_eq!(long.send(|_| frame("efgh"), |_| 1), 1);
        assert_eq!(joined(&replays), ["\"x\""]);
        short.send(|_| frame("y"), |_| 1);
        assert_eq!(joined(&replays), ["\"x\"", "\"y\""]);
        drop((long, short));
        assert!(replays.0.is_empty());
    }

    #[test]
    fn a_connection_that_joins_while_frames_are_sent_gets_each_once() {
        let replays = Arc::new(Replays::default());
        let running = replays.begin(&room(), 1 << 20);
        let is_member = Mutex::new(false);
        let seen = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..1000 {
                    running.send(
                        |_| frame(&number.to_string()),
                        |frame| {
                            if *is_member.lock() {
                                seen.lock().push(frame.get().to_owned());
                            }
                            1
                        },
                    );
                }
            });
            scope.spawn(|| {
                replays.join(
                    &room(),
                    || {
                        *is_member.lock() = true;
                        true
                    },
                    |frame| seen.lock().push(frame.get().to_owned()),
                );
            });
        });
        let expected: Vec<_> = (0..1000).map(|number| format!("\"{number}\"")).collect();
        assert_eq!(*seen.lock(), expected);
    }
}

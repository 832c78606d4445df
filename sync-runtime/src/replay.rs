//! Running streams kept for those who join in the middle.
//!
//! On a route with `replay` the frames of a running handler's broadcasts are kept until it is over. A
//! connection that joins the room meanwhile gets them before the next one, each once: its joining and
//! the sending of a frame never happen at the same time.
//!
//! The nodes of a cluster keep what they hear of each other's streams in the same way.

#[cfg(feature = "redis")]
mod elsewhere;

use std::{fmt, mem, sync::Arc};

use dashmap::{DashMap, mapref::entry::Entry};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use uuid::Uuid;

#[cfg(feature = "redis")]
pub(crate) use self::elsewhere::Beginning;
use crate::{
    cluster::{Cluster, Said, SaidFrame, SaidMark, SaidStreamOver, Topic},
    room::RoomCode,
    rooms::Joined,
    sender::Sender,
};

/// The running streams of each room that has any.
pub(crate) struct Replays {
    rooms: DashMap<RoomCode, Arc<Mutex<Kept>>>,
    cluster: Arc<dyn Cluster>,
    /// Of all frames of a room.
    max_bytes: usize,
    /// Whether other nodes can have streams to replay.
    has_others: bool,
}

/// The running streams of a room.
#[derive(Default)]
struct Kept {
    streams: Vec<Recorded>,
    /// Of all their frames.
    bytes: usize,
}

struct Recorded {
    id: Uuid,
    origin: Origin,
    /// How many frames were sent.
    sent: u64,
    /// The frames, unless they have become too large.
    frames: Option<Vec<Box<RawValue>>>,
}

/// Where a stream runs.
enum Origin {
    Here(Sender),
    #[cfg(feature = "redis")]
    Node(elsewhere::Node),
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

impl Mark {
    fn said(self) -> SaidMark<'static> {
        SaidMark {
            stream: self.id.to_string().into(),
            index: self.index,
        }
    }
}

impl Replays {
    /// The frames of all streams of a room have `max_bytes` together. Whether routes of the app have
    /// such streams, `are_used` says.
    pub(crate) fn new(cluster: Arc<dyn Cluster>, max_bytes: usize, are_used: bool) -> Self {
        Self {
            has_others: are_used && cluster.has_others(),
            rooms: DashMap::new(),
            cluster,
            max_bytes,
        }
    }

    /// Begins to keep a stream.
    pub(crate) fn begin(self: &Arc<Self>, room: &RoomCode, sender: Sender) -> Running {
        let id = Uuid::new_v4();
        let entry = self.rooms.entry(room.clone()).or_default();
        entry.lock().streams.push(Recorded {
            id,
            origin: Origin::Here(sender),
            sent: 0,
            frames: Some(Vec::new()),
        });
        Running {
            replays: self.clone(),
            room: room.clone(),
            kept: entry.clone(),
            id,
        }
    }

    /// Joins a connection to a room, and sends it what it has missed of the streams that run there.
    pub(crate) fn join(
        &self,
        room: &RoomCode,
        join: impl FnOnce() -> Joined,
        mut send: impl FnMut(&RawValue),
    ) {
        // While the entry is held no stream begins, and none of those that run sends anything.
        match self.rooms.entry(room.clone()) {
            Entry::Vacant(_nobody_begins) => drop(join()),
            Entry::Occupied(running) => {
                let mut kept = running.get().lock();
                match join() {
                    Joined::Already => return,
                    // What was heard of other nodes before may have ended unheard.
                    Joined::First => kept.retain_streams(|stream| stream.origin.sender().is_some()),
                    Joined::Another => {}
                }
                for frame in kept.frames() {
                    send(frame);
                }
            }
        }
    }

    /// Asks for the beginnings of the streams that run on other nodes, as soon as what follows them is
    /// heard.
    pub(crate) fn want_when_hosted(self: &Arc<Self>, room: &RoomCode) {
        if self.has_others {
            let (replays, room) = (self.clone(), room.clone());
            let hosted = self.cluster.hosted(&Topic::Room(room.clone()));
            tokio::spawn(async move {
                hosted.await;
                replays.want(&room);
            });
        }
    }

    /// Asks for the beginnings of the streams that run on other nodes.
    pub(crate) fn want(&self, room: &RoomCode) {
        if self.has_others {
            let topic = Topic::Room(room.clone());
            self.cluster.say(&topic, &Said::WantStreams);
        }
    }

    /// Forgets the streams of other nodes in a room.
    pub(crate) fn forget_others(&self, room: &RoomCode) {
        self.retain(room, |stream| stream.origin.sender().is_some());
    }

    /// Forgets streams of a room.
    fn retain(&self, room: &RoomCode, stays: impl Fn(&Recorded) -> bool) {
        let Entry::Occupied(running) = self.rooms.entry(room.clone()) else {
            return;
        };
        let mut kept = running.get().lock();
        kept.retain_streams(stays);
        let is_empty = kept.streams.is_empty();
        drop(kept);
        if is_empty {
            running.remove();
        }
    }
}

impl Origin {
    /// Who made the request, if it runs here.
    #[cfg_attr(
        not(feature = "redis"),
        expect(
            clippy::unnecessary_wraps,
            reason = "streams of other nodes have none here"
        )
    )]
    fn sender(&self) -> Option<&Sender> {
        match self {
            Self::Here(sender) => Some(sender),
            #[cfg(feature = "redis")]
            Self::Node(_) => None,
        }
    }

    /// Whether it is known not to be over.
    fn is_certain(&self) -> bool {
        match self {
            Self::Here(_) => true,
            #[cfg(feature = "redis")]
            Self::Node(node) => node.is_certain(),
        }
    }
}

impl Kept {
    /// The frames that somebody who comes now has missed.
    fn frames(&self) -> impl Iterator<Item = &RawValue> {
        let streams = self.streams.iter();
        let certain = streams.filter(|stream| stream.origin.is_certain());
        let frames = certain.filter_map(|stream| stream.frames.as_ref());
        frames.flatten().map(|frame| &**frame)
    }

    fn place(&self, id: Uuid) -> Option<usize> {
        self.streams.iter().position(|stream| stream.id == id)
    }

    /// Keeps a frame of a stream, unless it has become too long or something is missing before it. Tells
    /// when that happens.
    fn keep(&mut self, place: usize, index: u64, frame: Box<RawValue>, max_bytes: usize) -> bool {
        let stream = &mut self.streams[place];
        let follows = index == mem::replace(&mut stream.sent, index + 1);
        let Some(frames) = &mut stream.frames else {
            return true;
        };
        let bytes = self.bytes + frame.get().len();
        if follows && bytes <= max_bytes {
            self.bytes = bytes;
            frames.push(frame);
            return true;
        }
        self.bytes -= stream.forget();
        false
    }

    fn retain_streams(&mut self, stays: impl Fn(&Recorded) -> bool) {
        let bytes = &mut self.bytes;
        self.streams.retain_mut(|stream| {
            let stays = stays(stream);
            if !stays {
                *bytes -= stream.forget();
            }
            stays
        });
    }
}

impl Recorded {
    /// Gives up its frames, and tells how many bytes they were.
    fn forget(&mut self) -> usize {
        let frames = self.frames.take().unwrap_or_default();
        frames.iter().map(|frame| frame.get().len()).sum()
    }
}

/// A running stream, kept as long as this is.
pub(crate) struct Running {
    replays: Arc<Replays>,
    room: RoomCode,
    kept: Arc<Mutex<Kept>>,
    id: Uuid,
}

impl Running {
    /// Sends a frame to the room, on all nodes, and keeps it.
    pub(crate) fn send(
        &self,
        frame: impl FnOnce(Mark) -> Box<RawValue>,
        send: impl FnOnce(&RawValue) -> usize,
    ) -> usize {
        let mut kept = self.kept.lock();
        let Some(place) = kept.place(self.id) else {
            return 0;
        };
        let stream = &kept.streams[place];
        let mark = Mark {
            id: self.id,
            index: stream.sent,
        };
        let frame = frame(mark);
        self.say(stream, |sender| {
            Said::Frame(SaidFrame {
                frame: &frame,
                from: sender.said(),
                room: self.room.as_str().into(),
                mark: Some(mark.said()),
            })
        });
        let recipients = send(&frame);
        if !kept.keep(place, mark.index, frame, self.replays.max_bytes) {
            tracing::warn!(room = %self.room, "a running stream has become too long to be replayed");
        }
        recipients
    }

    /// Says something to other nodes, as they hear it in the order of the stream.
    fn say<'a>(&self, stream: &'a Recorded, said: impl FnOnce(&'a Sender) -> Said<'a>) {
        // The room that a connection has for itself is nowhere else.
        if let Some(sender) = stream.origin.sender()
            && !self.room.is_of(sender.connection)
        {
            let topic = Topic::Room(self.room.clone());
            self.replays.cluster.say(&topic, &said(sender));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let kept = self.kept.lock();
        if let Some(place) = kept.place(self.id) {
            self.say(&kept.streams[place], |sender| {
                Said::StreamOver(SaidStreamOver {
                    stream: self.id.to_string().into(),
                    from: sender.said(),
                    room: self.room.as_str().into(),
                })
            });
        }
        drop(kept);
        self.replays
            .retain(&self.room, |stream| stream.id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Alone;

    fn replays(max_bytes: usize) -> Arc<Replays> {
        Arc::new(Replays::new(Arc::new(Alone), max_bytes, true))
    }

    fn begin(replays: &Arc<Replays>) -> Running {
        let sender = Sender {
            connection: None,
            session: None,
            ignore_self: false,
        };
        replays.begin(&room(), sender)
    }

    fn room() -> RoomCode {
        RoomCode::parse("chat:lobby").expect("a room name")
    }

    fn frame(text: &str) -> Box<RawValue> {
        serde_json::value::to_raw_value(text).expect("text")
    }

    fn joined(replays: &Replays) -> Vec<String> {
        let mut seen = Vec::new();
        let join = || Joined::Another;
        replays.join(&room(), join, |frame| seen.push(frame.get().to_owned()));
        seen
    }

    #[test]
    fn who_joins_in_the_middle_gets_what_was_said_in_order() {
        let replays = replays(1000);
        assert!(joined(&replays).is_empty());
        let running = begin(&replays);
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
        assert!(replays.rooms.is_empty());
    }

    #[test]
    fn a_stream_that_has_become_too_long_is_not_kept_and_the_others_are() {
        let replays = replays(10);
        let (long, short) = (begin(&replays), begin(&replays));
        short.send(|_| frame("x"), |_| 1);
        long.send(|_| frame("abcd"), |_| 1);
        assert_eq!(joined(&replays).len(), 2);
        assert_eq!(long.send(|_| frame("efgh"), |_| 1), 1);
        assert_eq!(joined(&replays), ["\"x\""]);
        short.send(|_| frame("y"), |_| 1);
        assert_eq!(joined(&replays), ["\"x\"", "\"y\""]);
        drop((long, short));
        assert!(replays.rooms.is_empty());
    }

    #[test]
    fn a_connection_that_joins_while_frames_are_sent_gets_each_once() {
        let replays = replays(1 << 20);
        let running = begin(&replays);
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
                        Joined::Another
                    },
                    |frame| seen.lock().push(frame.get().to_owned()),
                );
            });
        });
        let expected: Vec<_> = (0..1000).map(|number| format!("\"{number}\"")).collect();
        assert_eq!(*seen.lock(), expected);
    }
}

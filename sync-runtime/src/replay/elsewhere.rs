//! The streams that run on other nodes.
//!
//! A node that begins to hear of a room asks what the streams have sent that run there, and the nodes
//! where they run say it to that node. They say it in the order of the frames: what is heard of a stream
//! before its beginning is a part of that.

use parking_lot::MutexGuard;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Entry, Kept, Mark, Origin, Recorded, Replays};
use crate::{
    cluster::{Said, SaidMark, SaidStream, Topic},
    room::RoomCode,
    rooms::Rooms,
};

/// Another node, as far as one of its streams goes.
pub(super) struct Node {
    id: Box<str>,
    /// Whether it may be over: its end could have been missed.
    is_doubtful: bool,
}

impl Node {
    pub(super) fn is_certain(&self) -> bool {
        !self.is_doubtful
    }
}

/// What a stream of another node has sent so far.
pub(crate) struct Beginning {
    id: Uuid,
    /// How many frames these were.
    sent: u64,
    /// The frames, unless they have become too large.
    frames: Option<Vec<Box<RawValue>>>,
}

impl Beginning {
    pub(crate) fn of(said: &SaidStream<'_>) -> Option<Self> {
        let frames = said.frames.as_ref();
        Some(Self {
            id: Uuid::try_parse(&said.stream).ok()?,
            sent: said.sent,
            frames: frames.map(|frames| frames.iter().map(|&frame| frame.to_owned()).collect()),
        })
    }
}

impl Mark {
    /// The mark that a node said.
    pub(crate) fn of(said: &SaidMark<'_>) -> Option<Self> {
        let id = Uuid::try_parse(&said.stream).ok()?;
        let index = said.index;
        Some(Self { id, index })
    }
}

impl Replays {
    /// Says to a node what the streams that run here have sent to a room.
    pub(crate) fn say_to(&self, node: &str, room: &RoomCode) {
        let Some(kept) = self.rooms.get(room).map(|kept| kept.clone()) else {
            return;
        };
        let topic = Topic::Node(node.into());
        // Nothing is sent meanwhile.
        for stream in &kept.lock().streams {
            if let Some(sender) = stream.origin.sender() {
                let frames = stream.frames.as_ref();
                let said = SaidStream {
                    stream: stream.id.to_string().into(),
                    from: sender.said(),
                    room: room.as_str().into(),
                    sent: stream.sent,
                    frames: frames.map(|frames| frames.iter().map(|frame| &**frame).collect()),
                };
                self.cluster.say(&topic, &Said::Stream(said));
            }
        }
    }

    /// Takes what a stream of another node has sent so far, and sends what is new of it.
    pub(crate) fn hear_beginning(
        &self,
        node: &str,
        beginning: Beginning,
        room: &RoomCode,
        mut send: impl FnMut(&RawValue),
    ) {
        let entry = self.rooms.entry(room.clone()).or_default();
        let mut kept = entry.lock();
        let place = kept.place_on(node, beginning.id);
        let known = kept.streams[place].sent;
        for (index, frame) in (0..).zip(beginning.frames.into_iter().flatten()) {
            if index >= known {
                send(&frame);
                kept.keep(place, index, frame, self.max_bytes);
            }
        }
        let Kept { streams, bytes } = &mut *kept;
        if streams[place].sent < beginning.sent {
            *bytes -= streams[place].forget();
            streams[place].sent = beginning.sent;
        }
    }

    /// Takes a frame of a stream of another node, and sends it if it is new.
    pub(crate) fn hear(
        &self,
        node: &str,
        mark: Mark,
        frame: &RawValue,
        room: &RoomCode,
        send: impl FnOnce(&RawValue),
    ) {
        let entry = match self.rooms.entry(room.clone()) {
            Entry::Vacant(_) if mark.index > 0 => return,
            entry => entry.or_default(),
        };
        let mut kept = entry.lock();
        if mark.index > 0 && kept.place(mark.id).is_none() {
            // The beginning has been asked for.
            return;
        }
        let place = kept.place_on(node, mark.id);
        if mark.index >= kept.streams[place].sent {
            send(frame);
            kept.keep(place, mark.index, frame.to_owned(), self.max_bytes);
        }
    }

    /// Forgets a stream of another node: it is over.
    pub(crate) fn hear_end(&self, stream: &str, room: &RoomCode) {
        if let Ok(id) = Uuid::try_parse(stream) {
            self.retain(room, |stream| stream.id != id);
        }
    }

    /// Forgets the streams of a node that has died.
    pub(crate) fn forget_node(&self, node: &str) {
        self.for_each_room(|kept| {
            kept.retain_streams(
                |stream| !matches!(&stream.origin, Origin::Node(other) if *other.id == *node),
            );
        });
    }

    /// Notes that other nodes were not heard for a while. Streams of which nothing is heard from one such
    /// time to the next are over.
    pub(crate) fn doubt_others(&self) {
        self.for_each_room(|kept| {
            kept.retain_streams(|stream| stream.origin.is_certain());
            for stream in &mut kept.streams {
                if let Origin::Node(node) = &mut stream.origin {
                    node.is_doubtful = true;
                }
            }
        });
    }

    /// Asks for the beginnings of all streams that could have been missed.
    pub(crate) fn want_all(&self, rooms: &Rooms) {
        if self.has_others {
            for room in rooms.hosted() {
                self.want(&room);
            }
        }
    }

    fn for_each_room(&self, change: impl Fn(&mut MutexGuard<'_, Kept>)) {
        self.rooms.retain(|_, kept| {
            let mut kept = kept.lock();
            change(&mut kept);
            !kept.streams.is_empty()
        });
    }
}

impl Kept {
    /// Where a stream of another node is, which is there and certain from now on.
    fn place_on(&mut self, node: &str, id: Uuid) -> usize {
        let origin = Origin::Node(Node {
            id: node.into(),
            is_doubtful: false,
        });
        if let Some(place) = self.place(id) {
            self.streams[place].origin = origin;
            return place;
        }
        self.streams.push(Recorded {
            id,
            origin,
            sent: 0,
            frames: Some(Vec::new()),
        });
        self.streams.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{cluster::Alone, rooms::Joined};

    fn room() -> RoomCode {
        RoomCode::parse("chat:lobby").expect("a room name")
    }

    fn frame(index: u64) -> Box<RawValue> {
        RawValue::from_string(index.to_string()).expect("JSON")
    }

    fn replays() -> Replays {
        Replays::new(Arc::new(Alone), 1000, true)
    }

    /// What members hear of a frame.
    fn hear(replays: &Replays, id: Uuid, index: u64) -> Vec<String> {
        let mut heard = Vec::new();
        let mark = Mark { id, index };
        let send = |frame: &RawValue| heard.push(frame.get().to_owned());
        replays.hear("node", mark, &frame(index), &room(), send);
        heard
    }

    /// What members hear of a beginning.
    fn begin(replays: &Replays, id: Uuid, count: u64) -> Vec<String> {
        let mut heard = Vec::new();
        let beginning = Beginning {
            id,
            sent: count,
            frames: Some((0..count).map(frame).collect()),
        };
        let send = |frame: &RawValue| heard.push(frame.get().to_owned());
        replays.hear_beginning("node", beginning, &room(), send);
        heard
    }

    fn joined(replays: &Replays, joined: Joined) -> Vec<String> {
        let mut heard = Vec::new();
        let send = |frame: &RawValue| heard.push(frame.get().to_owned());
        replays.join(&room(), || joined, send);
        heard
    }

    #[test]
    fn a_stream_heard_from_its_middle_is_sent_from_its_beginning_on_each_frame_once() {
        let (replays, id) = (replays(), Uuid::new_v4());
        assert!(hear(&replays, id, 1).is_empty());
        assert_eq!(begin(&replays, id, 2), ["0", "1"]);
        assert!(hear(&replays, id, 1).is_empty());
        assert_eq!(hear(&replays, id, 2), ["2"]);
        assert!(begin(&replays, id, 3).is_empty());
        assert_eq!(joined(&replays, Joined::Another), ["0", "1", "2"]);
        replays.hear_end(&id.to_string(), &room());
        assert!(replays.rooms.is_empty());
    }

    #[test]
    fn a_stream_of_which_frames_were_missed_goes_on_and_is_filled_but_not_replayed_with_a_hole() {
        let (replays, id) = (replays(), Uuid::new_v4());
        assert_eq!(hear(&replays, id, 0), ["0"]);
        assert_eq!(begin(&replays, id, 3), ["1", "2"]);
        assert_eq!(hear(&replays, id, 5), ["5"]);
        assert!(joined(&replays, Joined::Another).is_empty());
        assert_eq!(hear(&replays, id, 6), ["6"]);
    }

    #[test]
    fn what_may_be_over_is_not_replayed_and_in_the_end_forgotten() {
        let (replays, id) = (replays(), Uuid::new_v4());
        for end in [Replays::doubt_others, |replays: &Replays| {
            replays.forget_node("node");
        }] {
            hear(&replays, id, 0);
            replays.forget_node("another node");
            replays.doubt_others();
            assert!(joined(&replays, Joined::Another).is_empty());
            assert_eq!(hear(&replays, id, 1), ["1"]);
            assert_eq!(joined(&replays, Joined::Another), ["0", "1"]);
            replays.doubt_others();
            end(&replays);
            assert!(replays.rooms.is_empty());
        }
        hear(&replays, id, 0);
        assert!(joined(&replays, Joined::First).is_empty());
    }
}

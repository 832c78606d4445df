//! Whom the streams of a request reach besides its originator: the room, chosen sessions, a recipient.

use std::{
    collections::BTreeSet,
    sync::{Arc, Weak},
};

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::{
    cluster::{Said, SaidFrame, Topic},
    connection::Connection,
    replay::{Mark, Running},
    room::RoomCode,
    route::Route,
    routed::Routed,
    sender::Sender,
    server::Server,
    stream::{Audience, Chosen, Outlet},
    wire,
};

/// Whom a request's streams reach.
pub(crate) struct RequestAudience {
    room: Arc<Members>,
}

impl RequestAudience {
    /// `replay` keeps what is sent to the room.
    pub(crate) fn new(
        server: &Arc<Server>,
        routed: &Routed,
        replay: Option<&Arc<Running>>,
    ) -> Self {
        let origin = Origin {
            server: server.clone(),
            route: routed.route.clone(),
            sender: routed.sender(),
            room: routed.request.room.clone(),
        };
        Self {
            room: Arc::new(Members {
                origin: Arc::new(origin),
                replay: replay.map(Arc::downgrade),
            }),
        }
    }
}

impl Audience for RequestAudience {
    fn room(&self) -> Arc<dyn Outlet> {
        self.room.clone()
    }

    fn chosen(&self, chosen: BTreeSet<Chosen>) -> Arc<dyn Outlet> {
        Arc::new(Selection {
            origin: self.room.origin.clone(),
            topics: chosen.into_iter().map(Topic::from).collect(),
        })
    }
}

impl From<Chosen> for Topic {
    fn from(chosen: Chosen) -> Self {
        match chosen {
            Chosen::Session(key) => Self::Session(key),
            Chosen::User(id) => Self::User(id.into()),
        }
    }
}

/// The request whose streams they are.
struct Origin {
    server: Arc<Server>,
    route: Arc<Route>,
    sender: Sender,
    room: RoomCode,
}

impl Origin {
    fn frame(&self, payload: &RawValue, mark: Option<Mark>) -> Box<RawValue> {
        wire::stream_frame(payload, &self.route.full_name, mark)
    }

    /// Says a frame to the nodes where those are that it is for.
    fn say(&self, topic: &Topic, frame: &RawValue) {
        let said = SaidFrame {
            frame,
            from: self.sender.said(),
            room: self.room.as_str().into(),
            mark: None,
        };
        self.server.cluster.say(topic, &Said::Frame(said));
    }
}

/// Everybody in the room.
struct Members {
    origin: Arc<Origin>,
    replay: Option<Weak<Running>>,
}

impl Outlet for Members {
    fn send(&self, payload: &RawValue) -> usize {
        let Origin { server, room, .. } = &*self.origin;
        match &self.replay {
            None => {
                let frame = self.origin.frame(payload, None);
                // The room that a connection has for itself is nowhere else.
                if !room.is_of(self.origin.sender.connection) {
                    self.origin.say(&Topic::Room(room.clone()), &frame);
                }
                server
                    .emit_to_room(room, None, wire::DELIVERIES, &frame)
                    .sent
            }
            Some(running) => running.upgrade().map_or(0, |running| {
                let frame = |mark| self.origin.frame(payload, Some(mark));
                running.send(frame, |frame| {
                    server
                        .emit_to_caught_up(room, wire::DELIVERIES, &frame)
                        .sent
                })
            }),
        }
    }

    fn drained(&self, below: usize) -> BoxFuture<'_, ()> {
        let Origin { server, room, .. } = &*self.origin;
        drained(server.rooms.recipients(room, None), below)
    }
}

/// The connections of chosen sessions and users.
struct Selection {
    origin: Arc<Origin>,
    /// Each once.
    topics: Vec<Topic>,
}

impl Selection {
    /// Each connection once: it has one session and one user, and either users were chosen or sessions.
    fn connections(&self) -> Vec<Arc<Connection>> {
        let topics = self.topics.iter();
        let connections = topics.flat_map(|topic| self.origin.server.connections_on(topic));
        connections.collect()
    }
}

impl Outlet for Selection {
    fn send(&self, payload: &RawValue) -> usize {
        let frame = self.origin.frame(payload, None);
        for topic in &self.topics {
            self.origin.say(topic, &frame);
        }
        let connections = self.connections();
        let sent = connections.iter();
        sent.filter(|connection| {
            self.origin
                .server
                .emit(connection, wire::DELIVERIES, &frame)
        })
        .count()
    }

    fn drained(&self, below: usize) -> BoxFuture<'_, ()> {
        drained(self.connections(), below)
    }
}

/// One recipient of a fan-out.
pub(crate) struct Recipient {
    pub(crate) server: Arc<Server>,
    pub(crate) route: Arc<Route>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) cancelled: CancellationToken,
}

impl Outlet for Recipient {
    fn send(&self, payload: &RawValue) -> usize {
        if self.cancelled.is_cancelled() {
            return 0;
        }
        let frame = wire::stream_frame(payload, &self.route.full_name, None);
        usize::from(self.server.emit(&self.connection, wire::DELIVERIES, &frame))
    }

    fn drained(&self, below: usize) -> BoxFuture<'_, ()> {
        drained(vec![self.connection.clone()], below)
    }
}

fn drained(connections: Vec<Arc<Connection>>, below: usize) -> BoxFuture<'static, ()> {
    async move {
        for connection in connections {
            connection.drained_below(below).await;
        }
    }
    .boxed()
}

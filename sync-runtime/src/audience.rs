//! Whom the streams of a request reach besides its originator: the room, chosen sessions, a recipient.

use std::sync::{Arc, Weak};

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::{
    connection::Connection,
    fanout::EVENT,
    replay::Running,
    room::RoomCode,
    route::Route,
    routed::Routed,
    server::Server,
    stream::{Audience, Chosen, Outlet},
    wire,
};

/// Whom a request's streams reach.
pub(crate) struct RequestAudience {
    server: Arc<Server>,
    route: Arc<Route>,
    room: Arc<Members>,
}

impl RequestAudience {
    /// `replay` keeps what is sent to the room.
    pub(crate) fn new(
        server: &Arc<Server>,
        routed: &Routed,
        replay: Option<&Arc<Running>>,
    ) -> Self {
        Self {
            server: server.clone(),
            route: routed.route.clone(),
            room: Arc::new(Members {
                server: server.clone(),
                route: routed.route.clone(),
                room: routed.request.room.clone(),
                replay: replay.map(Arc::downgrade),
            }),
        }
    }
}

impl Audience for RequestAudience {
    fn room(&self) -> Arc<dyn Outlet> {
        self.room.clone()
    }

    fn chosen(&self, chosen: Vec<Chosen>) -> Arc<dyn Outlet> {
        Arc::new(Selection {
            server: self.server.clone(),
            route: self.route.clone(),
            chosen,
        })
    }
}

/// Everybody in a room.
struct Members {
    server: Arc<Server>,
    route: Arc<Route>,
    room: RoomCode,
    replay: Option<Weak<Running>>,
}

impl Outlet for Members {
    fn send(&self, payload: &RawValue) -> usize {
        let name = &self.route.full_name;
        let (server, room) = (&self.server, &self.room);
        match &self.replay {
            None => {
                let frame = wire::stream_frame(payload, name, None);
                server.emit_to_room(room, None, EVENT, &frame).sent
            }
            Some(running) => running.upgrade().map_or(0, |running| {
                let frame = |mark| wire::stream_frame(payload, name, Some(mark));
                running.send(frame, |frame| {
                    server.emit_to_caught_up(room, EVENT, &frame).sent
                })
            }),
        }
    }

    fn drained(&self, below: usize) -> BoxFuture<'_, ()> {
        drained(self.server.rooms.recipients(&self.room, None), below)
    }
}

/// The connections of chosen sessions and users.
struct Selection {
    server: Arc<Server>,
    route: Arc<Route>,
    chosen: Vec<Chosen>,
}

impl Selection {
    /// Each connection once, also where its session and its user were chosen.
    fn connections(&self) -> Vec<Arc<Connection>> {
        let mut connections: Vec<Arc<Connection>> = Vec::new();
        for chosen in &self.chosen {
            let of_it = match chosen {
                Chosen::Session(key) => {
                    let ids = self.server.by_session.connections(key);
                    let open = ids.into_iter().filter_map(|id| self.server.connection(id));
                    open.collect()
                }
                Chosen::User(id) => self.server.by_user.connections(id),
            };
            connections.extend(of_it);
        }
        connections.sort_unstable_by_key(|connection| connection.id());
        connections.dedup_by_key(|connection| connection.id());
        connections
    }
}

impl Outlet for Selection {
    fn send(&self, payload: &RawValue) -> usize {
        let frame = wire::stream_frame(payload, &self.route.full_name, None);
        let connections = self.connections();
        let sent = connections.iter();
        sent.filter(|connection| self.server.emit(connection, EVENT, &frame))
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
        usize::from(self.server.emit(&self.connection, EVENT, &frame))
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

//! What other nodes say, as this one's members hear it; and what they hear when something may be missing.

use std::{collections::BTreeMap, fmt, sync::Arc};

use futures_util::StreamExt;
use serde_json::value::RawValue;
use socketioxide::socket::Sid;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    cluster::{
        Ears, Notice, Said, SaidDelivery, SaidFrame, SaidFrom, SaidStream, SaidStreamOver, Topic,
    },
    connection::Connection,
    delivery::{self, Delivery},
    fanout::{self, To},
    feed,
    gap::{Gap, UNKNOWN_ROUTE},
    handler::output::OutputJson,
    membership, observe,
    replay::{Beginning, Mark},
    room::RoomCode,
    sender::Sender,
    serial::Serial,
    server::Server,
    session::SessionKey,
    wire,
};

/// Something was lost on its way from another node.
const CLUSTER: &str = "cluster";

/// What runs one after another: what a sender says to a room.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Lane {
    room: RoomCode,
    connection: Option<Sid>,
    session: Option<SessionKey>,
}

struct Remote {
    server: Arc<Server>,
    lanes: Serial<Lane>,
    /// As many permits as bytes may be in delivery.
    bytes: Arc<Semaphore>,
    most_bytes: u32,
}

/// Begins to hear the other nodes.
pub(crate) fn listen(server: &Arc<Server>, ears: Ears) {
    let most = server.config.cluster_receive_bytes;
    let most_bytes = u32::try_from(most.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
    let remote = Remote {
        server: server.clone(),
        lanes: Serial::new(),
        bytes: Arc::new(Semaphore::new(most_bytes as usize)),
        most_bytes,
    };
    {
        // What others record comes also where nothing has been recorded yet.
        let _in_runtime = ears.runtime.enter();
        feed::watch(server);
    }
    let mut notices = ears.notices;
    ears.runtime.spawn(async move {
        while let Some(notice) = notices.next().await {
            match notice {
                Notice::Said { node, topic, text } => remote.hear(node, topic, &text).await,
                Notice::Interrupted => {
                    tracing::warn!("other nodes were not heard for a while: members are told");
                    gap_everywhere(&remote.server);
                    let Server { replays, rooms, .. } = &*remote.server;
                    replays.doubt_others();
                    replays.want_all(rooms);
                    remote.server.presence.miss_all();
                }
                Notice::NodeDied(node) => {
                    tracing::warn!(%node, "another node has died: members are told");
                    gap_everywhere(&remote.server);
                    remote.server.replays.forget_node(&node);
                }
                Notice::Beat(beat) => remote.server.presence.beat(&beat),
            }
        }
    });
}

impl Remote {
    async fn hear(&self, node: Box<str>, topic: Topic, text: &str) {
        match serde_json::from_str(text) {
            Ok(Said::Delivery(said)) => {
                if let Topic::Room(room) = topic {
                    self.deliver(room, &said, text.len()).await;
                }
            }
            Ok(Said::Frame(said)) => self.pass_on(node, topic, &said, text.len()).await,
            Ok(Said::Lost) => {
                gap(&self.server, &topic, CLUSTER);
                if let Topic::Room(room) = &topic {
                    self.server.replays.want(room);
                }
                self.server.presence.miss(&node, &topic);
            }
            Ok(Said::WantStreams) => {
                if let Topic::Room(room) = &topic {
                    self.server.replays.say_to(&node, room);
                }
            }
            Ok(Said::Stream(said)) => self.begin_stream(node, &said, text.len()).await,
            Ok(Said::StreamOver(said)) => self.end_stream(&said),
            Ok(Said::Leave(room)) => {
                if let Ok(room) = RoomCode::parse(&room) {
                    let server = self.server.clone();
                    tokio::spawn(async move {
                        let connections = server.connections_on(&topic);
                        membership::end_all(&server, &connections, &room).await;
                    });
                }
            }
            Ok(Said::WantPresence) => {
                if let Topic::Room(room) = &topic {
                    self.server.presence.answer(&node, room);
                }
            }
            Ok(Said::Presence(said)) => {
                if let Err(error) = self.server.presence.hear(&node, said) {
                    // No delivery is missing.
                    observe::cluster_not_understood();
                    tracing::warn!(%error, "who is present on another node is not understood");
                }
            }
            Err(error) => self.not_understood(&topic, &error),
        }
    }

    fn not_understood(&self, topic: &Topic, error: &dyn fmt::Display) {
        observe::cluster_not_understood();
        tracing::warn!(%error, "what another node says is not understood");
        gap(&self.server, topic, CLUSTER);
    }

    /// Waits until there is room for so many bytes in delivery.
    async fn admit(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let permits = u32::try_from(bytes)
            .unwrap_or(u32::MAX)
            .min(self.most_bytes);
        let permit = self.bytes.clone().acquire_many_owned(permits).await;
        // It is never closed.
        permit.ok()
    }

    /// Delivers what a request on another node led to.
    async fn deliver(&self, room: RoomCode, said: &SaidDelivery<'_>, bytes: usize) {
        let Some(route) = self.server.routes.named(&said.route) else {
            observe::cluster_not_understood();
            self.server.unknown_routes.note(&said.route);
            return gap(&self.server, &Topic::Room(room), UNKNOWN_ROUTE);
        };
        let Some(output) = OutputJson::recorded(said.output) else {
            return self.not_understood(&Topic::Room(room), &"an output without its status");
        };
        let Some(permit) = self.admit(bytes).await else {
            return;
        };
        let sender = Sender {
            connection: said.from.connection,
            session: said.from.session_key(),
            ignore_self: said.ignore_self,
        };
        let lane = Lane::of(&room, &said.from);
        let (server, input) = (self.server.clone(), Arc::from(said.input.to_owned()));
        self.lanes.add(lane, async move {
            let name = route.full_name.clone();
            let request = delivery::request_of(&server, &sender, room, name, input).await;
            let delivery = Delivery::received(&sender, route.clone(), request, output);
            let deliveries = fanout::deliver(&server, &delivery, To::Members);
            observe::fanned_out(&route, deliveries).await;
            drop(permit);
        });
    }

    /// Sends a payload of a stream on another node to those of this one that it is for.
    async fn pass_on(&self, node: Box<str>, topic: Topic, said: &SaidFrame<'_>, bytes: usize) {
        let (Some(permit), Ok(room)) = (self.admit(bytes).await, RoomCode::parse(&said.room))
        else {
            return;
        };
        let lane = Lane::of(&room, &said.from);
        let mark = said.mark.as_ref().and_then(Mark::of);
        let (server, frame): (_, Box<RawValue>) = (self.server.clone(), said.frame.to_owned());
        self.lanes.add(lane, async move {
            match (&topic, mark) {
                (Topic::Room(room), Some(mark)) => {
                    let send = |frame: &RawValue| {
                        server.emit_to_caught_up(room, wire::DELIVERIES, &frame);
                    };
                    server.replays.hear(&node, mark, &frame, room, send);
                }
                (Topic::Room(room), None) => {
                    server.emit_to_room(room, None, wire::DELIVERIES, &frame);
                }
                (topic, _) => {
                    for connection in server.connections_on(topic) {
                        server.emit(&connection, wire::DELIVERIES, &frame);
                    }
                }
            }
            drop(permit);
        });
    }

    /// Brings the members of a room to where a stream on another node is.
    async fn begin_stream(&self, node: Box<str>, said: &SaidStream<'_>, bytes: usize) {
        let (Some(permit), Ok(room), Some(beginning)) = (
            self.admit(bytes).await,
            RoomCode::parse(&said.room),
            Beginning::of(said),
        ) else {
            return;
        };
        let server = self.server.clone();
        self.lanes.add(Lane::of(&room, &said.from), async move {
            let send = |frame: &RawValue| {
                server.emit_to_caught_up(&room, wire::DELIVERIES, &frame);
            };
            let replays = &server.replays;
            replays.hear_beginning(&node, beginning, &room, send);
            drop(permit);
        });
    }

    /// Forgets a stream on another node, behind its last frame.
    fn end_stream(&self, said: &SaidStreamOver<'_>) {
        let Ok(room) = RoomCode::parse(&said.room) else {
            return;
        };
        let (server, stream) = (self.server.clone(), said.stream.as_ref().to_owned());
        let lane = Lane::of(&room, &said.from);
        self.lanes
            .add(lane, async move { server.replays.hear_end(&stream, &room) });
    }
}

impl Lane {
    fn of(room: &RoomCode, from: &SaidFrom<'_>) -> Self {
        Self {
            room: room.clone(),
            connection: from.connection,
            session: from.session_key(),
        }
    }
}

/// Tells those that a topic names that deliveries may be missing.
fn gap(server: &Arc<Server>, topic: &Topic, reason: &'static str) {
    match topic {
        Topic::Nodes => gap_everywhere(server),
        Topic::Room(room) => {
            let rooms = std::slice::from_ref(room);
            live_gap(rooms, reason).tell_room(server, room);
        }
        Topic::User(_) | Topic::Session(_) | Topic::Node(_) => {
            observe::gap(reason);
            for connection in server.connections_on(topic) {
                live_gap(&[], reason).tell(server, &connection);
            }
        }
    }
}

/// Tells everybody who could have missed something of other nodes.
fn gap_everywhere(server: &Arc<Server>) {
    observe::gap(CLUSTER);
    for socket in server.io.sockets() {
        let Some(connection) = socket.extensions.get::<Arc<Connection>>() else {
            continue;
        };
        // Nobody is in a room, or chosen for a stream, without a session.
        if connection.session().is_some() {
            live_gap(&connection.joined_rooms(), CLUSTER).tell(server, &connection);
        }
    }
}

/// What members are told of routes without history.
fn live_gap<'a>(rooms: &'a [RoomCode], reason: &'static str) -> Gap<'a> {
    Gap {
        rooms,
        reason,
        offsets: BTreeMap::new(),
    }
}

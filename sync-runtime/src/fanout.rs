//! Fan-out: one output becomes a delivery to each recipient.
//!
//! Without a `_client` file the delivery is encoded once and given to the layer below once, for the
//! whole room. With one, what all recipients share is encoded once and only their own part for each.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::{task::yield_now, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    Failure, audience,
    below::SocketRef,
    cluster::{Said, SaidDelivery, SaidFrom, Topic},
    connection::Connection,
    error::Refusal,
    handler::{
        client::{Begun, ClientRoute, Deliver, Shaped, Shaper},
        context::{Fanout, RecipientStreams},
        output::OutputJson,
    },
    history::{Entry, EntryId, Membership, Offset, Recorded},
    hooks::{self, PostSyncFanout, PreSyncRecipient, Replacement, RequestInfo, Shape},
    observe,
    outgoing::Reached,
    panic,
    room::RoomCode,
    rooms::Joined,
    route::Route,
    routed::Routed,
    sender::Sender,
    server::Server,
    session::{AnySession, SessionKey},
    stream::Gate,
    stream_hooks,
    wire::{self, ClientOutput, Shared},
};

/// The event of deliveries.
pub(crate) const EVENT: &str = "sync";

/// An output on its way to a room.
pub(crate) struct Delivery {
    route: Arc<Route>,
    request: RequestInfo,
    cancelled: CancellationToken,
    /// The session whose connections do not hear it.
    except: Option<SessionKey>,
    output: OutputJson,
    message: String,
    /// Its place in the order of the room, if it is recorded.
    offset: Option<Offset>,
}

/// Who gets a delivery.
#[derive(Clone, Copy)]
pub(crate) enum To<'a> {
    /// All members of the room.
    Members,
    /// Those that the room's feed sends to.
    Live,
    /// A member that catches up.
    One(&'a Arc<Connection>, Membership),
}

impl Delivery {
    pub(crate) fn new(routed: Routed, output: OutputJson) -> Self {
        let session = routed.request.session.as_ref();
        let except = session.filter(|_| routed.ignore_self);
        Self {
            message: routed.route.success_message(),
            request: routed.info(),
            cancelled: routed.request.cancelled.clone(),
            except: except.map(AnySession::key).cloned(),
            route: routed.route,
            output,
            offset: None,
        }
    }

    /// The delivery of an entry.
    pub(crate) fn of(recorded: &Recorded, route: Arc<Route>, request: RequestInfo) -> Self {
        let entry = &recorded.entry;
        Self {
            offset: Some(recorded.offset.clone()),
            ..Self::received(&entry.sender, route, request, entry.output.clone())
        }
    }

    /// A delivery that has become independent of whoever sent it.
    pub(crate) fn received(
        sender: &Sender,
        route: Arc<Route>,
        request: RequestInfo,
        output: OutputJson,
    ) -> Self {
        Self {
            message: route.success_message(),
            request,
            cancelled: CancellationToken::new(),
            except: sender.except().cloned(),
            route,
            output,
            offset: None,
        }
    }

    /// Says it to the other nodes, which deliver it to their members.
    fn say(&self, server: &Server) {
        let visitor = &self.request.visitor;
        // The room that a connection has for itself is nowhere else.
        if self.room().is_of(visitor.connection()) {
            return;
        }
        let said = SaidDelivery {
            route: (&*self.route.full_name).into(),
            input: &self.request.input,
            output: self.output.raw(),
            from: SaidFrom::new(visitor.connection(), visitor.session_key()),
            ignore_self: self.except.is_some(),
        };
        let topic = Topic::Room(self.room().clone());
        server.cluster.say(&topic, &Said::Delivery(said));
    }

    /// The entry that records it.
    pub(crate) fn entry(&self) -> Entry {
        let visitor = &self.request.visitor;
        Entry {
            id: EntryId::random(),
            room: self.room().clone(),
            route: self.route.full_name.clone(),
            input: self.request.input.clone(),
            output: self.output.clone(),
            sender: Sender {
                connection: visitor.connection(),
                session: visitor.session_key().cloned(),
                ignore_self: self.except.is_some(),
            },
        }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn output(&self) -> &OutputJson {
        &self.output
    }

    pub(crate) fn route(&self) -> &Route {
        &self.route
    }

    pub(crate) fn request(&self) -> &RequestInfo {
        &self.request
    }

    fn room(&self) -> &RoomCode {
        &self.request.room
    }

    /// The room, where a delivery says which it is for.
    fn place(&self) -> Option<&RoomCode> {
        self.offset.as_ref().map(|_| self.room())
    }

    fn frame<'a>(
        &'a self,
        server_output: &'a RawValue,
        client_output: ClientOutput<'a>,
    ) -> wire::Delivery<'a> {
        wire::Delivery {
            cb: &self.route.full_name,
            full_name: &self.route.full_name,
            status: "success",
            message: &self.message,
            server_output,
            client_output,
            room: self.place(),
            offset: self.offset.as_ref(),
        }
    }

    /// What a recipient hears of a failure, in its own words if it has any.
    fn failed<'a>(
        &'a self,
        failure: &'a Failure,
        in_own_words: Option<&'a str>,
    ) -> wire::FailedDelivery<'a> {
        wire::FailedDelivery {
            cb: &self.route.full_name,
            full_name: &self.route.full_name,
            error: failure.envelope_saying(in_own_words.unwrap_or(failure.message())),
            room: self.place(),
            offset: self.offset.as_ref(),
        }
    }
}

/// Makes a connection a member of a room, and brings it to where the streams that run there are.
pub(crate) fn join(
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    socket: &SocketRef,
    room: &RoomCode,
) {
    let mut joined = Joined::Already;
    server.replays.join(
        room,
        || {
            joined = server.rooms.join(connection, socket, room);
            joined
        },
        |frame| {
            server.emit(connection, EVENT, &frame);
        },
    );
    if joined == Joined::First {
        server.replays.want_when_hosted(room);
    }
    server.presence.enter(connection, room);
}

/// Makes a connection a member of a room while its client is not told yet that it is connected, and
/// could hear nothing: [`catch_up`] is to follow.
pub(crate) fn join_unheard(
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    socket: &SocketRef,
    room: &RoomCode,
) {
    connection.note_behind(room);
    if server.rooms.join(connection, socket, room) == Joined::First {
        server.replays.forget_others(room);
        server.replays.want_when_hosted(room);
    }
    server.presence.enter(connection, room);
}

/// Brings a connection to where the streams of the rooms are that it has joined unheard. Until then it
/// gets no frame of a stream that is replayed, for what came before it would be missing.
pub(crate) fn catch_up(server: &Arc<Server>, connection: &Arc<Connection>) {
    for room in connection.rooms_behind() {
        server.replays.join(
            &room,
            || {
                if connection.note_caught_up(&room) {
                    Joined::Another
                } else {
                    Joined::Already
                }
            },
            |frame| {
                server.emit(connection, EVENT, &frame);
            },
        );
    }
}

/// Delivers to the members of the room, on all nodes.
pub(crate) async fn fan_out(server: &Arc<Server>, delivery: Delivery) {
    delivery.say(server);
    // What came together is then delivered together, and shares the writes to its recipients: a tenth
    // more deliveries for the same processor time (500 members, 8 requests at a time).
    yield_now().await;
    let deliveries = deliver(server, &delivery, To::Members);
    follow(server, &delivery, deliveries).await;
}

/// Sees a request's deliveries to their end, whoever makes them.
pub(crate) async fn follow(
    server: &Server,
    delivery: &Delivery,
    deliveries: impl Future<Output = usize>,
) {
    let recipients = observe::fanned_out(&delivery.route, deliveries).await;
    let event = || PostSyncFanout {
        request: delivery.request.clone(),
        recipients,
    };
    let hooks = &server.hooks.post_fanout;
    hooks.tell(server.config.hook_timeout, event).await;
}

/// Makes the deliveries. Gives how many connections they were sent to.
pub(crate) async fn deliver(server: &Arc<Server>, delivery: &Delivery, to: To<'_>) -> usize {
    let shapes_each = !server.hooks.pre_recipient.is_empty();
    match &delivery.route.client {
        None if shapes_each => to_each(server, delivery, to, None).await,
        None => {
            let frame = delivery.frame(delivery.output.raw(), ClientOutput::None {});
            to_all(server, delivery, to, &frame)
        }
        Some(client) => match begin(server, client, delivery) {
            Ok(shaper) => to_each(server, delivery, to, Some(&*shaper)).await,
            Err(failure) => {
                failure.log(&delivery.route.full_name);
                failed_for_all(server, delivery, to, &failure)
            }
        },
    }
}

/// The same for all. Gives how many connections it was sent to.
fn to_all(server: &Arc<Server>, delivery: &Delivery, to: To<'_>, frame: &impl Serialize) -> usize {
    let (room, except) = (delivery.room(), delivery.except.as_ref());
    let reached = match to {
        To::Members => server.emit_to_room(room, except, EVENT, frame),
        To::Live => server.emit_to_live(room, except, EVENT, frame),
        To::One(..) => {
            let recipients = recipients(server, delivery, to);
            let sent = recipients
                .iter()
                .filter(|recipient| server.emit(recipient, EVENT, frame))
                .count();
            Reached {
                sent,
                missed: recipients.len() - sent,
            }
        }
    };
    let route = &delivery.route;
    route.metrics.missed(&route.full_name, reached.missed);
    reached.sent
}

/// The same failure for all, encoded once for each wording that somebody hears it in. Gives how many
/// connections it was sent to.
fn failed_for_all(
    server: &Arc<Server>,
    delivery: &Delivery,
    to: To<'_>,
    failure: &Failure,
) -> usize {
    if server.messages.are_same_for_all(failure) {
        return to_all(server, delivery, to, &delivery.failed(failure, None));
    }
    let mut frames = HashMap::new();
    let mut sent = 0;
    for recipient in recipients(server, delivery, to) {
        let words = server.messages.text(failure, recipient.locale());
        let frame = frames
            .entry(words)
            .or_insert_with_key(|words| to_raw_value(&delivery.failed(failure, words.as_deref())));
        let is_sent = match frame {
            Ok(frame) => server.emit(&recipient, EVENT, frame),
            Err(_) => false,
        };
        sent += usize::from(counted(delivery, is_sent));
    }
    sent
}

/// The connections that get a delivery, as far as it is for them.
fn recipients(server: &Server, delivery: &Delivery, to: To<'_>) -> Vec<Arc<Connection>> {
    let except = delivery.except.as_ref();
    match to {
        To::Members => server.rooms.recipients(delivery.room(), except),
        To::Live => server.history.feeds.live(delivery.room(), except),
        To::One(recipient, _) if except.is_some() && recipient.session() == except => Vec::new(),
        To::One(recipient, _) => vec![recipient.clone()],
    }
}

/// Whether a recipient that had to be waited for is still one. Who has come back since is sent it by
/// its new membership, if at all.
fn is_still_one(server: &Server, delivery: &Delivery, to: To<'_>, recipient: &Connection) -> bool {
    let standing = || {
        let feeds = &server.history.feeds;
        feeds.standing(delivery.room(), recipient.id())
    };
    match to {
        To::Members => true,
        To::Live => standing().is_some_and(|standing| standing.is_live),
        To::One(_, membership) => {
            standing().is_some_and(|standing| standing.membership == membership)
        }
    }
}

/// Reads what all recipients share.
fn begin(server: &Arc<Server>, client: &ClientRoute, delivery: &Delivery) -> Begun {
    let streams = client.streams.then(|| recipient_streams(server, delivery));
    let fanout = Arc::new(Fanout {
        state: server.state.clone(),
        sessions: server.sessions.clone(),
        room: delivery.room().clone(),
        input: delivery.request.input.clone(),
        server_output: delivery.output.bare(),
        streams,
    });
    std::panic::catch_unwind(AssertUnwindSafe(|| (client.begin)(fanout)))
        .unwrap_or_else(|payload| Err(Failure::internal(panic::text(&*payload))))
        .map_err(Failure::of_client)
}

/// The streams of a `_client` function.
fn recipient_streams(server: &Arc<Server>, delivery: &Delivery) -> RecipientStreams {
    let notes = stream_hooks::notes(server, || delivery.request.clone());
    let (server, route) = (server.clone(), delivery.route.clone());
    let cancelled = delivery.cancelled.clone();
    RecipientStreams {
        gate: Arc::new(Gate::new(notes)),
        outlet: Box::new(move |recipient| {
            Arc::new(audience::Recipient {
                server: server.clone(),
                route: route.clone(),
                connection: recipient.clone(),
                cancelled: cancelled.clone(),
            })
        }),
    }
}

/// One delivery made and emitted for each recipient. Gives how many connections it was sent to.
///
/// A recipient with nothing to wait for is done at the first poll and is served there and then; the
/// others wait together, as many as the configuration allows.
async fn to_each(
    server: &Arc<Server>,
    delivery: &Delivery,
    to: To<'_>,
    shaper: Option<&dyn Shaper>,
) -> usize {
    let recipients = recipients(server, delivery, to);
    let frame = delivery.frame(delivery.output.raw(), ClientOutput::None {});
    let shared = Shared::of(&frame).ok();
    let emit = |recipient: &Arc<Connection>, portion| {
        emit(server, delivery, shared.as_ref(), recipient, &portion)
    };
    let finish = |recipient: &Arc<Connection>, portion| {
        let sent = is_still_one(server, delivery, to, recipient) && emit(recipient, portion);
        usize::from(sent)
    };
    let mut sent = 0;
    let mut waiting = FuturesUnordered::new();
    for recipient in &recipients {
        let mut portion = portion_of(server, delivery, shaper, recipient).boxed();
        if let Some(portion) = (&mut portion).now_or_never() {
            sent += usize::from(emit(recipient, portion));
            continue;
        }
        waiting.push(portion.map(move |portion| (recipient, portion)));
        if waiting.len() >= server.config.max_concurrent_recipients
            && let Some((recipient, portion)) = waiting.next().await
        {
            sent += finish(recipient, portion);
        }
    }
    while let Some((recipient, portion)) = waiting.next().await {
        sent += finish(recipient, portion);
    }
    sent
}

/// What one recipient gets.
#[derive(Default)]
struct Portion {
    /// Another server output than the rest, if a hook said so.
    server: Option<OutputJson>,
    /// What its `_client` file gave, if the route has one.
    client: Option<OutputJson>,
}

/// Asks the hooks and the `_client` file what a recipient gets; `None` if nothing.
async fn portion_of(
    server: &Server,
    delivery: &Delivery,
    shaper: Option<&dyn Shaper>,
    recipient: &Arc<Connection>,
) -> Result<Option<Portion>, Failure> {
    let mut portion = Portion::default();
    for hook in server.hooks.pre_recipient.iter() {
        let event = PreSyncRecipient {
            request: delivery.request.clone(),
            recipient: recipient.visitor().clone(),
        };
        match hooks::contained(hook, event, server.config.hook_timeout).await?? {
            Shape::Keep => {}
            Shape::Skip => return Ok(None),
            Shape::Replace(Replacement(output)) => portion.server = Some(output),
        }
    }
    let Some(shaper) = shaper else {
        return Ok(Some(portion));
    };
    let decided = shape(server, delivery, shaper, recipient).await;
    match decided.map_err(Failure::of_client)? {
        Deliver::Skip => Ok(None),
        Deliver::Refuse => Err(Refusal::ClientRejected.into()),
        Deliver::Send(output) => {
            portion.client = Some(output);
            Ok(Some(portion))
        }
    }
}

/// Runs the `_client` function for a recipient, within its time and with its panics contained.
async fn shape(
    server: &Server,
    delivery: &Delivery,
    shaper: &dyn Shaper,
    recipient: &Arc<Connection>,
) -> Shaped {
    let mut run = AssertUnwindSafe(shaper.shape(recipient)).catch_unwind();
    let limit = server.config.recipient_timeout;
    // Most have nothing to wait for, and need no clock.
    let decided = match (&mut run).now_or_never() {
        Some(decided) => Ok(decided),
        None => timeout(limit, run).await,
    };
    match decided {
        Ok(Ok(decided)) => decided,
        Ok(Err(payload)) => Err(Failure::internal(panic::text(&*payload))),
        Err(_) => {
            let route = &delivery.route;
            route.metrics.client_timed_out(&route.full_name);
            let problem = format!("the `_client` function took longer than {limit:?}");
            Err(Failure::internal(problem))
        }
    }
}

/// Sends a recipient what it gets, and says whether it was sent anything.
fn emit(
    server: &Arc<Server>,
    delivery: &Delivery,
    shared: Option<&Shared>,
    recipient: &Arc<Connection>,
    portion: &Result<Option<Portion>, Failure>,
) -> bool {
    let sent = match portion {
        Ok(None) => return false,
        Ok(Some(Portion {
            server: None,
            client,
        })) if let Some(shared) = shared => {
            let own = client.as_ref().map(|own| own.raw().get());
            let pieces = shared.with(own.unwrap_or(Shared::NOTHING));
            server.emit_pieces(recipient, EVENT, pieces)
        }
        Ok(Some(portion)) => {
            let output = portion.server.as_ref().unwrap_or(&delivery.output);
            let client = portion.client.as_ref();
            let client = client.map_or(ClientOutput::None {}, |own| ClientOutput::Some(own.raw()));
            server.emit(recipient, EVENT, &delivery.frame(output.raw(), client))
        }
        Err(failure) => {
            failure.log(&delivery.route.full_name);
            let words = server.messages.text(failure, recipient.locale());
            let frame = delivery.failed(failure, words.as_deref());
            server.emit(recipient, EVENT, &frame)
        }
    };
    counted(delivery, sent)
}

/// Counts a delivery that was not sent.
fn counted(delivery: &Delivery, sent: bool) -> bool {
    if !sent {
        let route = &delivery.route;
        route.metrics.missed(&route.full_name, 1);
    }
    sent
}

//! Fan-out: one output becomes a delivery to each recipient.
//!
//! Without a `_client` file the delivery is encoded once and given to the layer below once, for the
//! whole room. With one, what all recipients share is encoded once and only their own part for each.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use socketioxide::extract::SocketRef;

use crate::{
    Failure, audience,
    connection::Connection,
    error::Refusal,
    handler::{
        client::{Begun, ClientRoute, Deliver, Shaper},
        context::{Fanout, RecipientStreams},
        output::OutputJson,
    },
    hooks::{self, PostSyncFanout, PreSyncRecipient, Replacement, Shape},
    observe, panic,
    room::RoomCode,
    routed::Routed,
    server::Server,
    session::{AnySession, SessionKey},
    stream::Gate,
    stream_hooks,
    wire::{self, ClientOutput},
};

/// The event of deliveries.
pub(crate) const EVENT: &str = "sync";

/// An output on its way to a room.
pub(crate) struct Delivery {
    routed: Routed,
    output: OutputJson,
    message: String,
}

impl Delivery {
    pub(crate) fn new(routed: Routed, output: OutputJson) -> Self {
        Self {
            message: format!("{} success", routed.route.full_name),
            routed,
            output,
        }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn output(&self) -> &OutputJson {
        &self.output
    }

    fn room(&self) -> &RoomCode {
        &self.routed.request.room
    }

    /// The session whose connections do not hear it.
    fn except(&self) -> Option<&SessionKey> {
        let session = self.routed.request.session.as_ref();
        session
            .filter(|_| self.routed.ignore_self)
            .map(AnySession::key)
    }

    fn frame<'a>(
        &'a self,
        server_output: &'a RawValue,
        client_output: ClientOutput<'a>,
    ) -> wire::Delivery<'a> {
        wire::Delivery {
            cb: &self.routed.route.full_name,
            full_name: &self.routed.route.full_name,
            status: "success",
            message: &self.message,
            server_output,
            client_output,
        }
    }

    /// What a recipient hears of a failure, in its own words if it has any.
    fn failed<'a>(
        &'a self,
        failure: &'a Failure,
        in_own_words: Option<&'a str>,
    ) -> wire::FailedDelivery<'a> {
        wire::FailedDelivery {
            cb: &self.routed.route.full_name,
            full_name: &self.routed.route.full_name,
            error: failure.envelope_saying(in_own_words.unwrap_or(failure.message())),
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
    server.replays.join(
        room,
        || server.rooms.join(connection, socket, room),
        |frame| {
            server.emit(connection, EVENT, &frame);
        },
    );
}

/// Delivers to the members of the room.
pub(crate) async fn fan_out(server: &Arc<Server>, delivery: Delivery) {
    let deliveries = deliver(server, &delivery);
    let recipients = observe::fanned_out(&delivery.routed.route, deliveries).await;
    let event = || PostSyncFanout {
        request: delivery.routed.info(),
        recipients,
    };
    let hooks = &server.hooks.post_fanout;
    hooks.tell(server.config.hook_timeout, event).await;
}

/// Makes the deliveries. Gives how many connections they were sent to.
async fn deliver(server: &Arc<Server>, delivery: &Delivery) -> usize {
    let shapes_each = !server.hooks.pre_recipient.is_empty();
    match &delivery.routed.route.client {
        None if shapes_each => to_each(server, delivery, None).await,
        None => {
            let frame = delivery.frame(delivery.output.raw(), ClientOutput::None {});
            to_room(server, delivery, &frame)
        }
        Some(client) => match begin(server, client, delivery) {
            Ok(shaper) => to_each(server, delivery, Some(&*shaper)).await,
            Err(failure) => {
                failure.log(&delivery.routed.route.full_name);
                failed_for_all(server, delivery, &failure)
            }
        },
    }
}

/// One encode and one emit for the whole room. Gives how many connections it was sent to.
fn to_room(server: &Arc<Server>, delivery: &Delivery, frame: &impl Serialize) -> usize {
    let reached = server.emit_to_room(delivery.room(), delivery.except(), EVENT, frame);
    let route = &delivery.routed.route;
    route.metrics.missed(&route.full_name, reached.missed);
    reached.sent
}

/// The same failure for the whole room, encoded once for each wording that somebody hears it in.
/// Gives how many connections it was sent to.
fn failed_for_all(server: &Arc<Server>, delivery: &Delivery, failure: &Failure) -> usize {
    if server.messages.are_same_for_all(failure) {
        return to_room(server, delivery, &delivery.failed(failure, None));
    }
    let mut frames = HashMap::new();
    let mut sent = 0;
    for recipient in server.rooms.recipients(delivery.room(), delivery.except()) {
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

/// Reads what all recipients share.
fn begin(server: &Arc<Server>, client: &ClientRoute, delivery: &Delivery) -> Begun {
    let streams = client
        .streams
        .then(|| recipient_streams(server, &delivery.routed));
    let fanout = Arc::new(Fanout {
        state: server.state.clone(),
        sessions: server.sessions.clone(),
        room: delivery.room().clone(),
        input: delivery.routed.request.data.clone(),
        server_output: delivery.output.bare(),
        streams,
    });
    std::panic::catch_unwind(AssertUnwindSafe(|| (client.begin)(fanout)))
        .unwrap_or_else(|payload| Err(Failure::internal(panic::text(&*payload))))
        .map_err(Failure::of_client)
}

/// The streams of a `_client` function.
fn recipient_streams(server: &Arc<Server>, routed: &Routed) -> RecipientStreams {
    let notes = stream_hooks::notes(server, || routed.info());
    let (server, route) = (server.clone(), routed.route.clone());
    let cancelled = routed.request.cancelled.clone();
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
async fn to_each(server: &Arc<Server>, delivery: &Delivery, shaper: Option<&dyn Shaper>) -> usize {
    let recipients = server.rooms.recipients(delivery.room(), delivery.except());
    let mut sent = 0;
    let mut waiting = FuturesUnordered::new();
    for recipient in &recipients {
        let mut portion = portion_of(server, delivery, shaper, recipient).boxed();
        if let Some(portion) = (&mut portion).now_or_never() {
            sent += usize::from(emit(server, delivery, recipient, &portion));
            continue;
        }
        waiting.push(portion.map(move |portion| (recipient, portion)));
        if waiting.len() >= server.config.max_concurrent_recipients
            && let Some((recipient, portion)) = waiting.next().await
        {
            sent += usize::from(emit(server, delivery, recipient, &portion));
        }
    }
    while let Some((recipient, portion)) = waiting.next().await {
        sent += usize::from(emit(server, delivery, recipient, &portion));
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
            request: delivery.routed.info(),
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
    let run = AssertUnwindSafe(shaper.shape(recipient)).catch_unwind();
    let decided = run
        .await
        .unwrap_or_else(|payload| Err(Failure::internal(panic::text(&*payload))));
    match decided.map_err(Failure::of_client)? {
        Deliver::Skip => Ok(None),
        Deliver::Refuse => Err(Refusal::ClientRejected.into()),
        Deliver::Send(output) => {
            portion.client = Some(output);
            Ok(Some(portion))
        }
    }
}

/// Sends a recipient what it gets, and says whether it was sent anything.
fn emit(
    server: &Arc<Server>,
    delivery: &Delivery,
    recipient: &Arc<Connection>,
    portion: &Result<Option<Portion>, Failure>,
) -> bool {
    let sent = match portion {
        Ok(None) => return false,
        Ok(Some(portion)) => {
            let output = portion.server.as_ref().unwrap_or(&delivery.output);
            let client = portion.client.as_ref();
            let client = client.map_or(ClientOutput::None {}, |own| ClientOutput::Some(own.raw()));
            server.emit(recipient, EVENT, &delivery.frame(output.raw(), client))
        }
        Err(failure) => {
            failure.log(&delivery.routed.route.full_name);
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
        let route = &delivery.routed.route;
        route.metrics.missed(&route.full_name, 1);
    }
    sent
}

//! Fan-out: one output becomes a delivery to each recipient.
//!
//! Without a `_client` file the delivery is encoded once, down to its frame, for the whole room. With one, what all
//! recipients share is encoded once and only their own part for each.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, thread};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use serde::Serialize;
use serde_json::value::to_raw_value;
use tokio::{task::yield_now, time::timeout};

use crate::{
    Failure, audience,
    connection::Connection,
    delivery::Delivery,
    door::Batch,
    error::Refusal,
    handler::{
        client::{Begun, ClientRoute, Deliver, Shaped, Shaper},
        context::{Fanout, RecipientStreams},
        output::{OutputJson, OwnJson},
    },
    history::Membership,
    hooks::{self, PostSyncFanout, PreSyncRecipient, Replacement, Shape},
    observe,
    outgoing::Reached,
    panic,
    server::Server,
    stream::Gate,
    stream_hooks,
    wire::{self, Shared},
};

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

/// Delivers to the members of the room, on all nodes. Gives how many connections of this one it was
/// sent to.
pub(crate) async fn fan_out(server: &Arc<Server>, delivery: Delivery) -> usize {
    delivery.say(server);
    // What came together is then delivered together, and shares the writes to its recipients.
    yield_now().await;
    let deliveries = deliver(server, &delivery, To::Members);
    follow(server, &delivery, deliveries).await
}

/// Sees a request's deliveries to their end, whoever makes them. Gives how many there were.
pub(crate) async fn follow(
    server: &Server,
    delivery: &Delivery,
    deliveries: impl Future<Output = usize>,
) -> usize {
    let recipients = observe::fanned_out(&delivery.route, deliveries).await;
    let event = || PostSyncFanout {
        request: delivery.request.clone(),
        recipients,
    };
    let hooks = &server.hooks.post_fanout;
    hooks.tell(server.config.hook_timeout, event).await;
    recipients
}

/// Makes the deliveries. Gives how many connections they were sent to.
pub(crate) async fn deliver(server: &Arc<Server>, delivery: &Delivery, to: To<'_>) -> usize {
    let shapes_each = !server.hooks.pre_recipient.is_empty();
    match &delivery.route.client {
        None if shapes_each => to_each(server, delivery, to, None).await,
        None => {
            let frame = delivery.frame(&delivery.output);
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
        To::Members => server.emit_to_room(room, except, wire::DELIVERIES, frame),
        To::Live => server.emit_to_live(room, except, wire::DELIVERIES, frame),
        To::One(..) => {
            let recipients = recipients(server, delivery, to);
            let sent = recipients
                .iter()
                .filter(|recipient| server.emit(recipient, wire::DELIVERIES, frame))
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
            Ok(frame) => server.emit(&recipient, wire::DELIVERIES, frame),
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
/// A recipient with nothing to wait for is served there and then; the others wait together, as many as
/// the configuration allows.
async fn to_each(
    server: &Arc<Server>,
    delivery: &Delivery,
    to: To<'_>,
    shaper: Option<&dyn Shaper>,
) -> usize {
    let recipients = recipients(server, delivery, to);
    let Some(shared) = shared(delivery, &delivery.output) else {
        return 0;
    };
    let emit = |recipient: &Arc<Connection>, portion, others: &mut Batch| {
        emit(server, delivery, &shared, recipient, portion, others)
    };
    let finish = |recipient: &Arc<Connection>, portion| {
        let sent = is_still_one(server, delivery, to, recipient)
            && emit(recipient, portion, &mut Batch::default());
        usize::from(sent)
    };
    let mut sent = 0;
    let mut batch = Batch::default();
    let mut waiting = FuturesUnordered::new();
    for recipient in &recipients {
        let portion = match portion_of(server, delivery, shaper, recipient) {
            Portioned::Now(portion) => {
                sent += usize::from(emit(recipient, portion, &mut batch));
                continue;
            }
            Portioned::Later(portion) => portion,
        };
        waiting.push(portion.map(move |portion| (recipient, portion)));
        if waiting.len() >= server.config.max_concurrent_recipients {
            batch.flush();
            if let Some((recipient, portion)) = waiting.next().await {
                sent += finish(recipient, portion);
            }
        }
    }
    drop(batch);
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
    client: Option<OwnJson>,
}

/// What one recipient gets, `None` if nothing.
type ForOne = Result<Option<Portion>, Failure>;

/// What one recipient gets, now or when what it depends on has been waited for.
enum Portioned<'a> {
    Now(ForOne),
    Later(BoxFuture<'a, ForOne>),
}

/// Asks the hooks and the `_client` file what a recipient gets.
fn portion_of<'a>(
    server: &'a Server,
    delivery: &'a Delivery,
    shaper: Option<&'a dyn Shaper>,
    recipient: &'a Arc<Connection>,
) -> Portioned<'a> {
    if server.hooks.pre_recipient.is_empty() {
        return shape(server, delivery, shaper, recipient, Portion::default());
    }
    let mut asked = async move {
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
        match shape(server, delivery, shaper, recipient, portion) {
            Portioned::Now(portion) => portion,
            Portioned::Later(portion) => portion.await,
        }
    }
    .boxed();
    match (&mut asked).now_or_never() {
        Some(portion) => Portioned::Now(portion),
        None => Portioned::Later(asked),
    }
}

/// Runs the `_client` function for a recipient, within its time and with its panics contained.
fn shape<'a>(
    server: &'a Server,
    delivery: &'a Delivery,
    shaper: Option<&'a dyn Shaper>,
    recipient: &'a Arc<Connection>,
    portion: Portion,
) -> Portioned<'a> {
    let Some(shaper) = shaper else {
        return Portioned::Now(Ok(Some(portion)));
    };
    let mut run = AssertUnwindSafe(shaper.shape(recipient)).catch_unwind();
    // Most have nothing to wait for, and need no clock.
    if let Some(decided) = (&mut run).now_or_never() {
        return Portioned::Now(decide(decided, portion));
    }
    let limit = server.config.recipient_timeout;
    let later = async move {
        if let Ok(decided) = timeout(limit, run).await {
            return decide(decided, portion);
        }
        let route = &delivery.route;
        route.metrics.client_timed_out(&route.full_name);
        let problem = format!("the `_client` function took longer than {limit:?}");
        Err(Failure::internal(problem).of_client())
    };
    Portioned::Later(later.boxed())
}

/// What a recipient gets by what its `_client` function came to.
fn decide(decided: thread::Result<Shaped>, portion: Portion) -> ForOne {
    let decided = decided.unwrap_or_else(|payload| Err(Failure::internal(panic::text(&*payload))));
    match decided.map_err(Failure::of_client)? {
        Deliver::Skip => Ok(None),
        Deliver::Refuse => Err(Refusal::ClientRejected.into()),
        Deliver::Send(output) => Ok(Some(Portion {
            client: Some(output),
            ..portion
        })),
    }
}

/// A server output as all of its recipients share it.
fn shared(delivery: &Delivery, output: &OutputJson) -> Option<Shared> {
    Shared::of(&delivery.frame(output))
        .inspect_err(|error| tracing::error!(%error, "a delivery could not be written as JSON"))
        .ok()
}

/// Sends a recipient what it gets, and says whether it was sent anything.
fn emit(
    server: &Arc<Server>,
    delivery: &Delivery,
    shared_by_all: &Shared,
    recipient: &Arc<Connection>,
    portion: ForOne,
    others: &mut Batch,
) -> bool {
    let sent = match portion {
        Ok(None) => return false,
        Ok(Some(Portion {
            server: own,
            client,
        })) => {
            let emit = |shared: &Shared| server.emit_packet(recipient, shared.with(client), others);
            match own {
                None => emit(shared_by_all),
                Some(own) => shared(delivery, &own).is_some_and(|shared| emit(&shared)),
            }
        }
        Err(failure) => {
            failure.log(&delivery.route.full_name);
            let words = server.messages.text(&failure, recipient.locale());
            let frame = delivery.failed(&failure, words.as_deref());
            server.emit(recipient, wire::DELIVERIES, &frame)
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

//! Fan-out: one output becomes a delivery to each recipient.
//!
//! Without a `_client` file the delivery is encoded once and given to the layer below once, for the
//! whole room. With one, what all recipients share is encoded once and only their own part for each.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Failure,
    connection::Connection,
    handler::{
        client::{Begun, ClientRoute, Deliver, Shaper},
        context::Fanout,
        output::OutputJson,
    },
    panic,
    room::RoomCode,
    rooms,
    route::Route,
    server::Server,
    session::SessionKey,
    wire::{self, ClientOutput},
};

/// The event of deliveries.
const EVENT: &str = "sync";

/// What a fan-out came from.
pub(crate) struct Origin {
    pub(crate) room: RoomCode,
    pub(crate) input: Arc<RawValue>,
    /// The session whose connections do not hear it.
    pub(crate) except: Option<SessionKey>,
}

/// An output on its way to a room.
pub(crate) struct Delivery {
    route: Arc<Route>,
    origin: Origin,
    output: OutputJson,
    message: String,
}

impl Delivery {
    pub(crate) fn new(route: Arc<Route>, origin: Origin, output: OutputJson) -> Self {
        Self {
            message: format!("{} success", route.full_name),
            route,
            origin,
            output,
        }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn output(&self) -> &OutputJson {
        &self.output
    }

    fn frame<'a>(&'a self, client_output: ClientOutput<'a>) -> wire::Delivery<'a> {
        wire::Delivery {
            cb: &self.route.full_name,
            full_name: &self.route.full_name,
            status: "success",
            message: &self.message,
            server_output: self.output.raw(),
            client_output,
        }
    }

    fn failed<'a>(&'a self, failure: &'a Failure) -> wire::FailedDelivery<'a> {
        wire::FailedDelivery {
            cb: &self.route.full_name,
            full_name: &self.route.full_name,
            error: failure.envelope(),
        }
    }
}

/// Delivers to the members of the room.
pub(crate) async fn fan_out(server: &Arc<Server>, delivery: Delivery) {
    match &delivery.route.client {
        None => {
            let frame = delivery.frame(ClientOutput::None {});
            to_room(server, &delivery.origin, &frame).await;
        }
        Some(client) => match begin(server, client, &delivery) {
            Ok(shaper) => to_each(server, &delivery, &*shaper).await,
            Err(failure) => {
                failure.log(&delivery.route.full_name);
                to_room(server, &delivery.origin, &delivery.failed(&failure)).await;
            }
        },
    }
}

/// One encode and one emit for the whole room.
async fn to_room(server: &Server, origin: &Origin, frame: &impl Serialize) {
    let room = server.io.within(rooms::emit_name(&origin.room));
    let room = match &origin.except {
        None => room,
        Some(session) => room.except(rooms::session_emit_name(session)),
    };
    if let Err(error) = room.emit(EVENT, frame).await {
        tracing::warn!(room = %origin.room, %error, "a delivery did not reach everybody in the room");
    }
}

/// Reads what all recipients share.
fn begin(server: &Server, client: &ClientRoute, delivery: &Delivery) -> Begun {
    let fanout = Arc::new(Fanout {
        state: server.state.clone(),
        sessions: server.sessions.clone(),
        room: delivery.origin.room.clone(),
        input: delivery.origin.input.clone(),
        server_output: delivery.output.bare(),
    });
    std::panic::catch_unwind(AssertUnwindSafe(|| (client.begin)(fanout)))
        .unwrap_or_else(|payload| Err(Failure::client_internal(panic::text(&*payload))))
}

/// One run of the `_client` file and one emit for each recipient.
///
/// A run that has nothing to wait for is over at its first poll and is delivered there and then; the
/// others wait together, as many as the configuration allows.
async fn to_each(server: &Server, delivery: &Delivery, shaper: &dyn Shaper) {
    let origin = &delivery.origin;
    let recipients = server
        .rooms
        .recipients(&origin.room, origin.except.as_ref());
    let mut waiting = FuturesUnordered::new();
    for recipient in &recipients {
        let mut run = run(shaper, recipient);
        if let Some(shaped) = (&mut run).now_or_never() {
            deliver(server, delivery, recipient, shaped);
            continue;
        }
        waiting.push(run.map(move |shaped| (recipient, shaped)));
        if waiting.len() >= server.config.max_concurrent_recipients
            && let Some((recipient, shaped)) = waiting.next().await
        {
            deliver(server, delivery, recipient, shaped);
        }
    }
    while let Some((recipient, shaped)) = waiting.next().await {
        deliver(server, delivery, recipient, shaped);
    }
}

type Shaped = Result<Deliver<OutputJson>, Failure>;

fn run<'a>(shaper: &'a dyn Shaper, recipient: &'a Connection) -> BoxFuture<'a, Shaped> {
    let run = AssertUnwindSafe(shaper.shape(recipient.session())).catch_unwind();
    run.map(|run| {
        run.unwrap_or_else(|payload| Err(Failure::client_internal(panic::text(&*payload))))
    })
    .boxed()
}

fn deliver(server: &Server, delivery: &Delivery, recipient: &Connection, shaped: Shaped) {
    match shaped {
        Ok(Deliver::Skip) => {}
        Ok(Deliver::Send(output)) => {
            let frame = delivery.frame(ClientOutput::Some(output.raw()));
            server.emit(recipient, EVENT, &frame);
        }
        Err(failure) => {
            failure.log(&delivery.route.full_name);
            server.emit(recipient, EVENT, &delivery.failed(&failure));
        }
    }
}

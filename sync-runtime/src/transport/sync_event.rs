//! The events `sync` and `syncCancel`: requests and their cancellation.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::event::{Ack, Payload, ReplyTo};
use crate::{
    Failure,
    connection::Connection,
    error::Refusal,
    observe,
    pipeline::{
        self, Incoming, Requester, Success,
        shape::{Shaped, shape},
    },
    server::Server,
    stream::Outlet,
    wire::{CancelHandshake, SuccessAnswer},
};

/// Where a request's answer goes: to its event and, if the packet asked for one, as its
/// acknowledgement.
struct Reply {
    server: Arc<Server>,
    connection: Arc<Connection>,
    to: ReplyTo,
    ack: Ack,
}

impl pipeline::Reply for Reply {
    fn progress(&self) -> Arc<dyn Outlet> {
        Arc::new(Progress {
            event: self.to.progress_event(),
            server: self.server.clone(),
            connection: self.connection.clone(),
        })
    }

    fn answer(self, answer: Result<Success<'_>, &Failure>) {
        match answer {
            Ok(success) => self.send_both(&SuccessAnswer {
                status: "success",
                message: success.message,
                result: success.output.raw(),
            }),
            Err(failure) => self.send_both(&failure.envelope()),
        }
    }
}

/// The way to the client of a request, while it runs.
struct Progress {
    event: String,
    server: Arc<Server>,
    connection: Arc<Connection>,
}

impl Outlet for Progress {
    fn send(&self, payload: &RawValue) -> usize {
        usize::from(self.server.emit(&self.connection, &self.event, &payload))
    }

    fn drained(&self, below: usize) -> BoxFuture<'_, ()> {
        self.connection.drained_below(below).boxed()
    }
}

impl Reply {
    /// Answers what was refused before it ran.
    fn refuse(self, server: &Server, refusal: Refusal) {
        let failure = Failure::from(refusal);
        observe::refused(&failure);
        let failure = server
            .messages
            .translated(failure, self.connection.locale());
        pipeline::Reply::answer(self, Err(&failure));
    }

    fn send_both(self, answer: &impl Serialize) {
        let (server, connection) = (&self.server, &self.connection);
        server.emit_answer(connection, &self.to.event(), answer);
        self.ack.send(server, connection, answer);
    }
}

/// Takes a request in, in the order of its arrival, and runs it when it is its turn.
pub(super) fn receive(
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    payload: &Payload,
    ack: Ack,
) {
    let reply = Reply {
        server: server.clone(),
        connection: connection.clone(),
        to: ReplyTo::of("sync", payload),
        ack,
    };
    let request = match read(&reply.to, payload) {
        Ok(request) => request,
        Err(refusal) => return reply.refuse(server, refusal),
    };

    let bytes = payload.json().len();
    let place = match connection.reserve(bytes, server.config.queue_bounds()) {
        Ok(place) => place,
        Err(refusal) => return reply.refuse(server, refusal),
    };

    let route = server.routes.named(request.name());
    let on_disconnect = route.as_ref().map(|route| route.server.on_disconnect);
    let cancellation = connection.begin(on_disconnect.unwrap_or_default());
    let place = place.announcing({
        let (server, connection) = (server.clone(), connection.clone());
        let event = reply.to.progress_event();
        let cancel_id = cancellation.id().to_string();
        move || {
            let cancel_id = &cancel_id;
            // It waits for no round, and begins none: the request's deliveries would have to wait for the next.
            server.emit_answer(&connection, &event, &CancelHandshake { cancel_id });
        }
    });
    let server = server.clone();
    let requester = Requester::Connection(connection.clone());
    let lane = request.lane();
    let run = move |turn| async move {
        let incoming = Incoming {
            request,
            cancelled: cancellation.token().clone(),
            turn,
        };
        pipeline::run(&server, &requester, incoming, reply).await;
    };
    if route.is_some_and(|route| route.streams()) {
        place.enqueue_beginning(lane, |turn| run(Some(turn)));
    } else {
        place.enqueue(lane, run(None));
    }
}

pub(super) fn read(reply: &ReplyTo, payload: &Payload) -> Result<Shaped, Refusal> {
    reply.indexed()?;
    shape(payload.json())
}

#[derive(Deserialize)]
struct CancelPacket {
    cb: String,
}

/// Cancels a request of this connection. What names none of them is passed over: it may be over
/// already.
pub(super) fn cancel(connection: &Connection, payload: &Payload) {
    if let Some(id) = cancel_id(payload) {
        connection.cancel(&id);
    }
}

pub(super) fn cancel_id(payload: &Payload) -> Option<String> {
    let packet: Option<CancelPacket> = payload.object();
    packet.map(|packet| packet.cb)
}

//! The events `sync` and `syncCancel`: requests and their cancellation.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use socketioxide::extract::{AckSender, SocketRef};

use super::event::{Payload, ReplyTo};
use crate::{
    Failure,
    connection::Connection,
    error::Refusal,
    observe,
    pipeline::{
        self, Requester, Success,
        shape::{Shaped, shape},
    },
    server::Server,
    wire::{CancelHandshake, SuccessAnswer},
};

/// Where a request's answer goes: to its event and, if the packet asked for one, as its
/// acknowledgement.
struct Reply {
    to: ReplyTo,
    socket: SocketRef,
    ack: AckSender,
}

impl Reply {
    fn send(self, answer: Result<Success<'_>, &Failure>) {
        match answer {
            Ok(success) => self.send_both(&SuccessAnswer {
                status: "success",
                message: success.message,
                result: success.output.raw(),
            }),
            Err(failure) => self.send_both(&failure.envelope()),
        }
    }

    /// Answers what was refused before it ran.
    fn refuse(self, refusal: Refusal) {
        let failure = Failure::from(refusal);
        observe::refused(&failure);
        self.send(Err(&failure));
    }

    fn send_both(self, answer: &impl Serialize) {
        self.to.send(&self.socket, answer);
        if let Err(error) = self.ack.send(answer) {
            tracing::debug!(connection = %self.socket.id, %error, "an acknowledgement could not be sent");
        }
    }
}

/// Takes a request in, in the order of its arrival, and runs it when it is its turn.
pub(super) fn receive(
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    socket: SocketRef,
    payload: &Payload,
    ack: AckSender,
) {
    let reply = Reply {
        to: ReplyTo::of("sync", payload),
        socket,
        ack,
    };
    let request = match read(&reply.to, payload) {
        Ok(request) => request,
        Err(refusal) => return reply.refuse(refusal),
    };

    let bytes = payload.json().len();
    let Some(place) = connection.reserve(bytes, server.config.queue_bounds()) else {
        observe::queue_refused();
        return reply.refuse(Refusal::TooManyRequests { seconds: 1 });
    };

    let cancellation = connection.begin();
    let cancel_id = cancellation.id().to_string();
    let handshake = CancelHandshake {
        cancel_id: &cancel_id,
    };
    reply.to.progress(&reply.socket, &handshake);
    let server = server.clone();
    let requester = Requester::Connection(connection.clone());
    place.enqueue(request.lane(), async move {
        let answer = |answer: Result<Success<'_>, &Failure>| reply.send(answer);
        pipeline::run(&server, &requester, request, cancellation.token(), answer).await;
    });
}

fn read(reply: &ReplyTo, payload: &Payload) -> Result<Shaped, Refusal> {
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
    if let Ok(packet) = serde_json::from_str::<CancelPacket>(payload.json()) {
        connection.cancel(&packet.cb);
    }
}

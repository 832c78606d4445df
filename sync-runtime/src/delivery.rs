//! An output on its way to those who hear it, and what of it is the same for all.

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::{
    Failure,
    cluster::{Said, SaidDelivery, SaidFrom, Topic},
    handler::output::OutputJson,
    history::{Entry, EntryId, Offset, Recorded},
    hooks::{RequestInfo, Visitor},
    request_values::SharedValues,
    room::RoomCode,
    route::Route,
    routed::Routed,
    sender::Sender,
    server::Server,
    session::{AnySession, SessionKey},
    wire::{self, Nothing},
};

/// An output on its way to a room.
pub(crate) struct Delivery {
    pub(crate) route: Arc<Route>,
    pub(crate) request: RequestInfo,
    pub(crate) cancelled: CancellationToken,
    /// The session whose connections do not hear it.
    pub(crate) except: Option<SessionKey>,
    pub(crate) output: OutputJson,
    /// What an answer and a delivery of it say.
    pub(crate) message: String,
    /// Its place in the order of the room, if it is recorded.
    offset: Option<Offset>,
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
    pub(crate) fn say(&self, server: &Server) {
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

    pub(crate) fn room(&self) -> &RoomCode {
        &self.request.room
    }

    /// The room, where a delivery says which it is for.
    pub(crate) fn place(&self) -> Option<&RoomCode> {
        self.offset.as_ref().map(|_| self.room())
    }

    pub(crate) fn frame<'a>(&'a self, server_output: &'a OutputJson) -> wire::Delivery<'a> {
        wire::Delivery {
            cb: &self.route.full_name,
            full_name: &self.route.full_name,
            status: "success",
            message: &self.message,
            server_output: server_output.raw(),
            client_output: Nothing {},
            room: self.place(),
            offset: self.offset.as_ref(),
        }
    }

    /// What a recipient hears of a failure, in its own words if it has any.
    pub(crate) fn failed<'a>(
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

/// What hooks are told of a request that was made before, or elsewhere: who sent it, as far as that
/// session still lives.
pub(crate) async fn request_of(
    server: &Server,
    sender: &Sender,
    room: RoomCode,
    route: Arc<str>,
    input: Arc<RawValue>,
) -> RequestInfo {
    let asks = !server.hooks.pre_recipient.is_empty();
    let session = match sender.session.as_ref().filter(|_| asks) {
        None => None,
        Some(key) => server.sessions.peek(key).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "it cannot be told who sent what is delivered");
            None
        }),
    };
    RequestInfo {
        visitor: Visitor::new(sender.connection, session),
        room,
        route,
        input,
        values: SharedValues::default(),
    }
}

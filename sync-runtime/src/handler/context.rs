//! What extractors read from.

use std::{any::Any, fmt, marker::PhantomData, sync::Arc};

use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::{
    App, Failure, Locale, Session,
    connection::Connection,
    error::Refusal,
    request_values::{HookedValue, RequestValues},
    room::RoomCode,
    session::AnySession,
    stream::{Gate, Outlet, Streams},
};

/// The app's state whose type has been forgotten.
pub(crate) type AnyState = Arc<dyn Any + Send + Sync>;

/// A request on its way to a handler, as the pipeline established it.
pub struct Request {
    pub(crate) state: AnyState,
    pub(crate) session: Option<AnySession>,
    pub(crate) locale: Locale,
    /// What hooks have put onto it.
    pub(crate) values: RequestValues,
    pub(crate) room: RoomCode,
    pub(crate) data: Arc<RawValue>,
    /// Whether a refused input may be explained to the client.
    pub(crate) explain: bool,
    pub(crate) cancelled: CancellationToken,
    /// There for a handler that takes some, from when its parameters are read.
    pub(crate) streams: Option<Streams>,
}

/// What an extractor of a server file reads from: the request, after its login, membership and
/// predicates have been checked as far as they come before it.
pub struct RequestContext<'a, A: App> {
    request: &'a Request,
    state: &'a A,
}

impl Request {
    /// The request with the app's types again.
    pub fn context<A: App>(&self) -> Result<RequestContext<'_, A>, Failure> {
        Ok(RequestContext {
            state: state_of(&self.state)?,
            request: self,
        })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

impl<'a, A: App> RequestContext<'a, A> {
    /// The app's state.
    pub fn state(&self) -> &'a A {
        self.state
    }

    /// Whose request it is, if anybody is logged in.
    pub fn session(&self) -> Option<Session<A::User>> {
        self.request.session.as_ref()?.of::<A>()
    }

    /// In which languages its sender is spoken to.
    pub fn locale(&self) -> &'a Locale {
        &self.request.locale
    }

    /// What a hook has put onto the request, if one has.
    pub fn hooked<T: HookedValue>(&self) -> Option<T> {
        self.request.values.find()
    }

    /// The room that the request is sent to.
    pub fn room(&self) -> &'a RoomCode {
        &self.request.room
    }

    /// The input as it came, a JSON object.
    pub fn data(&self) -> &'a str {
        self.request.data.get()
    }

    pub(crate) fn explains(&self) -> bool {
        self.request.explain
    }

    pub(crate) fn cancelled(&self) -> &'a CancellationToken {
        &self.request.cancelled
    }

    /// Fails for a parameter that did not say that it needs them: see [`FromRequest::describe`].
    ///
    /// [`FromRequest::describe`]: crate::FromRequest::describe
    pub(crate) fn streams(&self) -> Result<&'a Streams, Failure> {
        let streams = self.request.streams.as_ref();
        streams.ok_or_else(|| Failure::internal(UNDESCRIBED))
    }
}

impl<A: App> fmt::Debug for RequestContext<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext")
            .field("room", self.room())
            .finish_non_exhaustive()
    }
}

/// Why a stream is not there.
const UNDESCRIBED: &str = "a stream was taken by a parameter of the app's own that does not describe it: \
    let its `describe` call the stream's";

/// The streams of a fan-out's `_client` function to its recipients.
pub(crate) struct RecipientStreams {
    pub(crate) gate: Arc<Gate>,
    pub(crate) outlet: OutletTo,
}

/// Gives the way to a recipient.
pub(crate) type OutletTo = Box<dyn Fn(&Arc<Connection>) -> Arc<dyn Outlet> + Send + Sync>;

impl Drop for RecipientStreams {
    /// The fan-out is over, and with it all that its functions may send.
    fn drop(&mut self) {
        self.gate.close();
    }
}

/// One fan-out, as all its recipients share it.
pub(crate) struct Fanout {
    pub(crate) state: AnyState,
    pub(crate) room: RoomCode,
    pub(crate) input: Arc<RawValue>,
    /// The server output without its status.
    pub(crate) server_output: String,
    /// There for a `_client` function that takes some.
    pub(crate) streams: Option<RecipientStreams>,
}

/// What an extractor of a `_client` file reads from once per fan-out.
pub struct FanoutContext<'a, A> {
    fanout: &'a Fanout,
    app: PhantomData<fn() -> A>,
}

impl Fanout {
    pub(crate) fn context<A: App>(&self) -> FanoutContext<'_, A> {
        FanoutContext {
            fanout: self,
            app: PhantomData,
        }
    }

    pub(crate) fn recipient<'a, A: App>(
        &'a self,
        recipient: &'a Arc<Connection>,
    ) -> Result<RecipientContext<'a, A>, Failure> {
        Ok(RecipientContext {
            fanout: self,
            state: state_of(&self.state)?,
            recipient,
        })
    }
}

impl<A: App> FanoutContext<'_, A> {
    /// The room that the delivery goes to.
    pub fn room(&self) -> &RoomCode {
        &self.fanout.room
    }

    /// The input that the server file ran with, a JSON object.
    pub fn input(&self) -> &str {
        self.fanout.input.get()
    }

    /// What the server file answered, a JSON object.
    pub fn server_output(&self) -> &str {
        &self.fanout.server_output
    }
}

impl<A> fmt::Debug for FanoutContext<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FanoutContext")
            .field("room", &self.fanout.room)
            .finish_non_exhaustive()
    }
}

/// What an extractor of a `_client` file reads from for each recipient.
pub struct RecipientContext<'a, A> {
    fanout: &'a Fanout,
    state: &'a A,
    recipient: &'a Arc<Connection>,
}

impl<'a, A: App> RecipientContext<'a, A> {
    /// The app's state.
    pub fn state(&self) -> &'a A {
        self.state
    }

    /// The room that the delivery goes to.
    pub fn room(&self) -> &'a RoomCode {
        &self.fanout.room
    }

    /// In which languages the recipient is spoken to.
    pub fn locale(&self) -> &'a Locale {
        self.recipient.locale()
    }

    /// Whose connection will receive the delivery, as the session store said when it came in. A session
    /// that ends takes its connections with it, so the store is not asked for each delivery.
    pub fn session(&self) -> Option<Session<A::User>> {
        self.recipient.visitor().session::<A>()
    }

    /// Fails as [`RequestContext::streams`] does.
    pub(crate) fn stream(&self) -> Result<(&'a Arc<Gate>, Arc<dyn Outlet>), Failure> {
        let streams = self.fanout.streams.as_ref();
        let streams = streams.ok_or_else(|| Failure::internal(UNDESCRIBED))?;
        Ok((&streams.gate, (streams.outlet)(self.recipient)))
    }
}

impl<A> fmt::Debug for RecipientContext<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecipientContext")
            .field("room", &self.fanout.room)
            .field("recipient", self.recipient.visitor())
            .finish_non_exhaustive()
    }
}

/// Routes and state come into a server together and of one type, so this fails only if the two were
/// mixed up inside this crate.
fn state_of<A: App>(state: &AnyState) -> Result<&A, Failure> {
    state
        .downcast_ref()
        .ok_or_else(|| Refusal::ServerExecutionFailed.into())
}

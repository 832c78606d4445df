//! The events that hooks are of, and what each tells.

use std::{fmt, sync::Arc};

use serde::Serialize;
use serde_json::value::RawValue;
use socketioxide::socket::Sid;

use super::{HookList, Hooks};
use crate::{
    App, Failure, Session,
    door::SlowReason,
    error::Refusal,
    handler::output::OutputJson,
    request_values::{HookedValue, SharedValues},
    room::RoomCode,
    session::{AnySession, SessionKey},
};

/// An event that hooks can be of.
pub trait HookEvent: private::Event {
    /// What the hooks decide.
    #[doc(hidden)]
    type Verdict: Send;
}

/// What no app implements.
pub(super) mod private {
    use super::{Failure, HookList, Hooks};

    pub trait Event: Clone + Send + 'static {
        /// The event's name, for the log.
        const NAME: &'static str;

        fn list(hooks: &mut Hooks) -> &mut HookList<Self>;

        /// What the client hears when a hook says `false`.
        fn refusal() -> Failure;
    }
}

/// Who a connection or a request belongs to.
#[derive(Clone)]
pub struct Visitor {
    connection: Option<Sid>,
    session: Option<AnySession>,
}

impl Visitor {
    pub(crate) fn new(connection: Option<Sid>, session: Option<AnySession>) -> Self {
        Self {
            connection,
            session,
        }
    }

    pub(crate) fn connection(&self) -> Option<Sid> {
        self.connection
    }

    pub(crate) fn any_session(&self) -> Option<&AnySession> {
        self.session.as_ref()
    }

    pub(crate) fn session_key(&self) -> Option<&SessionKey> {
        self.session.as_ref().map(AnySession::key)
    }

    /// The id of the connection, unless it is a request over HTTP.
    pub fn connection_id(&self) -> Option<String> {
        self.connection.map(|id| id.to_string())
    }

    /// The user's id, if somebody is logged in.
    pub fn user_id(&self) -> Option<&str> {
        self.session.as_ref().map(AnySession::user_id)
    }

    /// The session, if somebody is logged in and the app is `A`.
    pub fn session<A: App>(&self) -> Option<Session<A::User>> {
        self.session.as_ref()?.of::<A>()
    }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor")
            .field("connection", &self.connection)
            .field("user", &self.user_id())
            .finish_non_exhaustive()
    }
}

/// A request, as far as all its events know it. What the app [publishes](crate::Publisher) has one as well, of
/// nobody, with the input that it was published with or none, `{}`.
#[derive(Debug, Clone)]
pub struct RequestInfo {
    /// Who sent it.
    pub visitor: Visitor,
    /// The room it is sent to.
    pub room: RoomCode,
    pub(crate) route: Arc<str>,
    pub(crate) input: Arc<RawValue>,
    pub(crate) values: SharedValues,
}

impl RequestInfo {
    /// The route's name, `sync/<page>/<route>/v<version>`.
    pub fn route(&self) -> &str {
        &self.route
    }

    /// The input as it came, a JSON object.
    pub fn input(&self) -> &str {
        self.input.get()
    }

    /// Puts a value onto the request: later hooks find it with [`get`](Self::get), and the server
    /// file's function takes it as [`Hooked<T>`](crate::Hooked). There is one of each type; a later
    /// one takes the place of an earlier.
    ///
    /// The function's parameters are read before [`PostSyncValidate`], and predicates are asked before
    /// [`PreSyncAuthorize`]: what is for the function belongs into a hook between the two.
    pub fn insert<T: HookedValue>(&self, value: T) {
        self.values.put(value);
    }

    /// What a hook has put onto the request, if one has.
    pub fn get<T: HookedValue>(&self) -> Option<T> {
        self.values.find()
    }
}

/// What a hook of [`PreSyncRecipient`] decides for a recipient.
#[derive(Debug)]
pub enum Shape {
    /// It receives the server output as it is.
    Keep,
    /// It hears nothing.
    Skip,
    /// It receives this server output instead.
    Replace(Replacement),
}

/// A server output for one recipient.
#[derive(Debug)]
pub struct Replacement(pub(crate) OutputJson);

impl Shape {
    /// Delivers another server output to this recipient: anything that is written as a JSON object.
    ///
    /// ```
    /// use sync_runtime::{Hooks, hooks::{PreSyncRecipient, Shape}};
    /// # use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct Redacted { text: &'static str }
    ///
    /// let hooks = Hooks::new().on(|event: PreSyncRecipient| async move {
    ///     match event.recipient.user_id() {
    ///         Some("ada") => Ok(Shape::Keep),
    ///         _ => Shape::replace(&Redacted { text: "***" }),
    ///     }
    /// });
    /// ```
    ///
    /// # Errors
    /// When it is not. A hook that answers the error has its recipient told `sync.serverExecutionFailed`.
    pub fn replace(output: &impl Serialize) -> Result<Self, Failure> {
        let output = OutputJson::encode(output).map_err(Failure::internal)?;
        Ok(Self::Replace(Replacement(output)))
    }
}

/// Whom a stream's payload is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamAudience {
    /// The client that made the request: `Stream` in a server file.
    Originator,
    /// Everybody in the room: `Broadcast`.
    Room,
    /// Chosen sessions or users: `StreamTo`.
    Chosen,
    /// One recipient: `Stream` in a `_client` file.
    Recipient,
}

impl PreSyncStream {
    /// The payload, a JSON object.
    pub fn payload(&self) -> &str {
        self.payload.get()
    }
}

impl PostSyncStream {
    /// The payload, a JSON object.
    pub fn payload(&self) -> &str {
        self.payload.get()
    }
}

macro_rules! events {
    ($(
        $(#[$docs:meta])*
        $name:ident $verdict:ty, $list:ident, $refusal:ident {
            $($(#[$field_docs:meta])* $vis:vis $field:ident: $ty:ty,)*
        }
    )*) => {$(
        $(#[$docs])*
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_docs])* $vis $field: $ty,)*
        }

        impl private::Event for $name {
            const NAME: &'static str = stringify!($name);

            fn list(hooks: &mut Hooks) -> &mut HookList<Self> {
                &mut hooks.$list
            }

            fn refusal() -> Failure {
                Refusal::$refusal.into()
            }
        }

        impl HookEvent for $name {
            type Verdict = $verdict;
        }
    )*};
}

events! {
    /// A client has connected. It is in the rooms of its session, and its first request waits until
    /// the hooks have run.
    OnSocketConnect Result<(), Failure>, socket_connect, Forbidden {
        /// Who it is.
        pub visitor: Visitor,
    }

    /// A client has gone.
    OnSocketDisconnect Result<(), Failure>, socket_disconnect, Forbidden {
        /// Who it was.
        pub visitor: Visitor,
    }

    /// A client does not read what it is sent as fast as that comes, and is closed. What it missed is for
    /// it to ask for when it comes back.
    OnSlowConsumer Result<(), Failure>, slow_consumer, Forbidden {
        /// Who it is.
        pub visitor: Visitor,
        /// Why it is closed.
        pub reason: SlowReason,
        /// How many bytes waited for its network.
        pub unsent_bytes: usize,
    }

    /// A request has come over a socket; of it nothing is known but that it has a name and data.
    PreSocketMessage Result<(), Failure>, socket_message, Forbidden {
        /// The connection's visitor.
        pub visitor: Visitor,
        /// The name as the client wrote it.
        pub name: Arc<str>,
    }

    /// A request was refused because its sender has asked too often.
    RateLimitExceeded Result<(), Failure>, rate_limit_exceeded, Forbidden {
        /// The request.
        pub request: RequestInfo,
        /// In how many seconds it would be allowed.
        pub seconds: u64,
    }

    /// Before a request's hooks are asked whether it may be made at all; login, predicates and
    /// membership have allowed it.
    PreSyncAuthorize Result<(), Failure>, pre_authorize, Forbidden {
        /// The request.
        pub request: RequestInfo,
    }

    /// A request may be made.
    PostSyncAuthorize Result<(), Failure>, post_authorize, Forbidden {
        /// The request.
        pub request: RequestInfo,
    }

    /// Before a request's input is read.
    PreSyncValidate Result<(), Failure>, pre_validate, Forbidden {
        /// The request.
        pub request: RequestInfo,
    }

    /// A request's input fits.
    PostSyncValidate Result<(), Failure>, post_validate, Forbidden {
        /// The request.
        pub request: RequestInfo,
    }

    /// Before a request's handler runs.
    PreSyncExecute Result<(), Failure>, pre_execute, Forbidden {
        /// The request.
        pub request: RequestInfo,
    }

    /// A request's handler has run, or failed.
    PostSyncExecute Result<(), Failure>, post_execute, Forbidden {
        /// The request.
        pub request: RequestInfo,
        /// The code it failed with, if it did.
        pub failed: Option<Arc<str>>,
    }

    /// Before a request's output is answered and delivered. Its handler has run: what stops it here
    /// undoes nothing. Of what the app [publishes](crate::Publisher) itself it is not asked.
    PreSyncFanout Result<(), Failure>, pre_fanout, Forbidden {
        /// The request.
        pub request: RequestInfo,
    }

    /// Before a recipient's delivery is made. With hooks of this event a delivery is made for each
    /// recipient, also on routes without a `_client` file.
    PreSyncRecipient Result<Shape, Failure>, pre_recipient, ClientRejected {
        /// The request.
        pub request: RequestInfo,
        /// The recipient's connection and the session it connected with.
        pub recipient: Visitor,
    }

    /// The output of a request has been delivered, or what the app has [published](crate::Publisher).
    PostSyncFanout Result<(), Failure>, post_fanout, Forbidden {
        /// The request.
        pub request: RequestInfo,
        /// How many connections of this node it was sent to.
        pub recipients: usize,
    }

    /// A payload of a stream is about to be sent. Hooks of streams hear of each payload in order, beside the
    /// sending and not in its way: they can neither stop nor slow it, and if they are so slow that
    /// [`Config::max_waiting_stream_hooks`](crate::Config::max_waiting_stream_hooks) wait, they miss some, which is counted.
    PreSyncStream Result<(), Failure>, pre_stream, Forbidden {
        /// The request.
        pub request: RequestInfo,
        /// Whom the payload is for.
        pub audience: StreamAudience,
        /// How many payloads of the same stream came before it.
        pub index: u64,
        pub(crate) payload: Arc<RawValue>,
    }

    /// A payload of a stream was sent: see [`PreSyncStream`].
    PostSyncStream Result<(), Failure>, post_stream, Forbidden {
        /// The request.
        pub request: RequestInfo,
        /// Whom the payload was for.
        pub audience: StreamAudience,
        /// How many payloads of the same stream came before it.
        pub index: u64,
        /// To how many connections of this node it was sent.
        pub recipients: usize,
        pub(crate) payload: Arc<RawValue>,
    }

    /// Before a connection joins a room.
    PreRoomJoin Result<(), Failure>, pre_join, JoinBlocked {
        /// Who joins.
        pub visitor: Visitor,
        /// The room.
        pub room: RoomCode,
    }

    /// A connection has joined a room.
    PostRoomJoin Result<(), Failure>, post_join, JoinBlocked {
        /// Who joined.
        pub visitor: Visitor,
        /// The room.
        pub room: RoomCode,
    }

    /// Before a connection leaves a room because its client says so.
    PreRoomLeave Result<(), Failure>, pre_leave, LeaveBlocked {
        /// Who leaves.
        pub visitor: Visitor,
        /// The room.
        pub room: RoomCode,
    }

    /// A connection has left a room because its client said so, to stay within the number of
    /// rooms a session may be in, or because the app [removed it](crate::SyncServer::remove_from_room).
    PostRoomLeave Result<(), Failure>, post_leave, LeaveBlocked {
        /// Who left.
        pub visitor: Visitor,
        /// The room.
        pub room: RoomCode,
    }
}

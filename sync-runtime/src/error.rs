//! What goes wrong, and how a client hears of it.

use std::{borrow::Cow, error::Error as StdError, fmt};

use serde::{Deserialize, Serialize};

/// An error of a route, as derived by [`#[derive(SyncError)]`](macro@crate::SyncError) on an enum.
///
/// Each variant names the code that clients receive, and the codes of a route become a union type in
/// TypeScript. The derive also makes the enum convert into a [`Failure`], so that `?` works in
/// predicates and helpers that return one.
///
/// ```
/// use sync_runtime::{Failure, SyncError};
///
/// #[derive(Debug, SyncError)]
/// enum MoveCardError {
///     /// The card is gone.
///     #[sync_error(code = "board.cardNotFound", status = 404)]
///     CardNotFound,
///     #[sync_error(internal)]
///     Database(std::io::Error),
/// }
///
/// let failure = Failure::from(MoveCardError::CardNotFound);
/// assert_eq!(failure.code(), "board.cardNotFound");
/// assert_eq!(failure.http_status(), 404);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a sync handler",
    label = "not an error a client can be told",
    note = "put `#[derive(SyncError)]` on an enum and give each variant a code: `#[sync_error(code = \"board.cardNotFound\", status = 404)]`"
)]
pub trait SyncError: Sized + Send {
    /// The codes a client can receive from this error, without the framework's own.
    const CODES: &'static [&'static str];

    /// Turns the error into what is sent.
    fn into_failure(self) -> Failure;
}

/// A [`Failure`] is an error of its own, for handlers that need no codes but the framework's.
impl SyncError for Failure {
    const CODES: &'static [&'static str] = &[];

    fn into_failure(self) -> Failure {
        self
    }
}

/// An error as a client hears it: a stable code, an HTTP status, a message for people and parameters
/// for translations.
///
/// What only the operator may know travels along as [`source`](Failure::internal) and is logged,
/// never sent.
#[derive(Debug)]
pub struct Failure(Box<Parts>);

/// Nodes of an app tell each other of it as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Parts {
    code: Cow<'static, str>,
    status: u16,
    message: Cow<'static, str>,
    params: Vec<ErrorParam>,
    #[serde(skip)]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// A failure with a code of the route's own, answered with HTTP status 400 unless
    /// [`status`](Self::status) says otherwise.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            code: code.into(),
            status: 400,
            message: message.into(),
            params: Vec::new(),
            source: None,
        }))
    }

    /// Something unexpected: the client hears `sync.serverExecutionFailed` and no detail, the log has
    /// the source.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::from(Refusal::ServerExecutionFailed).with_source(source)
    }

    /// The failure as the recipient of a `_client` file hears it: what is unexpected there has a code
    /// of its own.
    pub(crate) fn of_client(mut self) -> Self {
        let unexpected = Refusal::ServerExecutionFailed.code_and_status();
        if (self.code(), self.http_status()) == unexpected {
            let (code, status) = Refusal::ClientExecutionFailed.code_and_status();
            self.0.code = code.into();
            self.0.status = status;
        }
        self
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.0.status = status;
        self
    }

    /// Adds a parameter that a translated message can name.
    #[must_use]
    pub fn param(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<ParamValue>,
    ) -> Self {
        self.0.params.push(ErrorParam {
            key: key.into(),
            value: value.into(),
        });
        self
    }

    /// The stable code, such as `board.cardNotFound`.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The HTTP status that says the same.
    pub fn http_status(&self) -> u16 {
        self.0.status
    }

    /// The message for people, as the code words it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The value of a parameter.
    pub(crate) fn parameter(&self, key: &str) -> Option<&ParamValue> {
        let mut params = self.0.params.iter();
        params
            .find(|param| param.key == key)
            .map(|param| &param.value)
    }

    /// Says the same in other words.
    pub(crate) fn say(&mut self, message: String) {
        self.0.message = message.into();
    }

    /// The same failure without what only the operator may know.
    pub(crate) fn told(&self) -> Self {
        Self(Box::new(Parts {
            code: self.0.code.clone(),
            status: self.0.status,
            message: self.0.message.clone(),
            params: self.0.params.clone(),
            source: None,
        }))
    }

    /// What another node reads with [`decoded`](Self::decoded).
    #[cfg(feature = "redis")]
    pub(crate) fn encoded(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.0)
    }

    #[cfg(feature = "redis")]
    pub(crate) fn decoded(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json).map(Self)
    }

    /// Tells the operator what only the operator may know.
    pub(crate) fn log(&self, route: &str) {
        if let Some(source) = &self.0.source {
            tracing::error!(route, code = self.code(), %source, "a handler failed unexpectedly");
        }
    }

    /// What is sent.
    pub(crate) fn envelope(&self) -> ErrorEnvelope<'_> {
        self.envelope_saying(&self.0.message)
    }

    /// What is sent to somebody who hears it in other words.
    pub(crate) fn envelope_saying<'a>(&'a self, message: &'a str) -> ErrorEnvelope<'a> {
        ErrorEnvelope {
            status: "error",
            message,
            error_code: &self.0.code,
            error_params: &self.0.params,
            http_status: self.0.status,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// One parameter of an error's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorParam {
    key: Cow<'static, str>,
    value: ParamValue,
}

/// The value of a message's parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// Text.
    Text(Cow<'static, str>),
    /// A whole number.
    Number(i64),
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl From<&'static str> for ParamValue {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for ParamValue {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

macro_rules! from_numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for ParamValue {
            /// What is beyond an `i64` becomes the nearest one.
            fn from(number: $number) -> Self {
                Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
    )*};
}

from_numbers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

/// The error envelope of the wire contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorEnvelope<'a> {
    status: &'static str,
    message: &'a str,
    error_code: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    error_params: &'a [ErrorParam],
    http_status: u16,
}

/// Why the framework itself refuses, one variant for each code of the wire contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("The request is not an object with a name and data.")]
    InvalidRequest,
    #[error("The request needs `cb`, a string.")]
    InvalidCallback,
    #[error("`{name}` is not a route name of the form sync/<page>/<route>/v<version>.")]
    InvalidRouteName { name: String },
    #[error("The request names no receiver.")]
    MissingReceiver,
    #[error("The input does not have the shape this route takes.")]
    InvalidInput { detail: Option<InputProblem> },
    #[error("Please log in first.")]
    LoginRequired,
    #[error("You may not do this.")]
    Forbidden,
    #[error("A client may not send to everyone.")]
    ReceiverNotAllowed,
    #[error("Join the room before sending to it.")]
    NotRoomMember,
    #[error("There is no such route.")]
    NotFound,
    #[error("Nobody is in the room.")]
    NoReceivers,
    #[error("Too many requests: try again in a moment.")]
    TooManyRequests { seconds: u64 },
    #[error("A part of the request is larger than allowed.")]
    TooLarge,
    #[error("Something went wrong on the server.")]
    ServerExecutionFailed,
    #[error("Something went wrong on the server.")]
    ClientExecutionFailed,
    #[error("The request cannot be recorded now.")]
    ClusterUnavailable,
    #[error("This server tells nobody who is in a room.")]
    NoPresence,
    #[error("The id of the request is that of another one.")]
    RequestIdReused,
    #[error("The request took too long.")]
    Timeout,
    #[error("The request was cancelled.")]
    Aborted,
    #[error("There is no session.")]
    NoSession,
    #[error("This room cannot be joined.")]
    JoinBlocked,
    #[error("This room cannot be left.")]
    LeaveBlocked,
    #[error("This is not for you.")]
    ClientRejected,
}

/// Where and why an input did not fit; shown in development only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputProblem {
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl Refusal {
    /// The one table from refusals to the codes and statuses of the wire contract.
    fn code_and_status(&self) -> (&'static str, u16) {
        match self {
            Self::InvalidRequest => ("sync.invalidRequest", 400),
            Self::InvalidCallback => ("sync.invalidCallback", 400),
            Self::InvalidRouteName { .. } => ("routing.invalidServiceRouteName", 400),
            Self::MissingReceiver => ("sync.missingReceiver", 400),
            Self::InvalidInput { .. } => ("sync.invalidInputType", 400),
            Self::LoginRequired => ("auth.required", 401),
            Self::Forbidden => ("auth.forbidden", 403),
            Self::ReceiverNotAllowed => ("sync.receiverNotAllowed", 403),
            Self::NotRoomMember => ("sync.notRoomMember", 403),
            Self::NotFound | Self::NoPresence => ("sync.notFound", 404),
            Self::NoReceivers => ("sync.noReceiversFound", 404),
            Self::TooManyRequests { .. } => ("sync.rateLimitExceeded", 429),
            Self::TooLarge => ("sync.payloadTooLarge", 413),
            Self::ServerExecutionFailed => ("sync.serverExecutionFailed", 500),
            Self::ClientExecutionFailed => ("sync.clientExecutionFailed", 500),
            Self::RequestIdReused => ("sync.requestIdReused", 409),
            Self::ClusterUnavailable => ("sync.clusterUnavailable", 503),
            Self::Timeout => ("sync.requestTimeout", 504),
            Self::Aborted => ("request.aborted", 499),
            Self::JoinBlocked => ("room.joinBlocked", 403),
            Self::LeaveBlocked => ("room.leaveBlocked", 403),
            Self::ClientRejected => ("sync.clientRejected", 403),
            Self::NoSession => ("session.notFound", 401),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let (code, status) = refusal.code_and_status();
        let failure = Failure::new(code, refusal.to_string()).status(status);
        match refusal {
            Refusal::InvalidRouteName { name } => failure.param("name", name),
            Refusal::InvalidInput {
                detail: Some(InputProblem { path, reason }),
            } => failure.param("path", path).param("reason", reason),
            Refusal::TooManyRequests { seconds } => failure.param("seconds", seconds),
            _ => failure,
        }
    }
}

//! Server files: run once per request.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{
    context::{Request, RequestContext},
    output::OutputJson,
};
use crate::{
    App, Failure,
    connection::OnDisconnect,
    history::Keep,
    limits::RateLimit,
    typescript::{TakesStreams, TypeSink},
};

/// Who may use a route, from `auth = ...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Anybody.
    None,
    /// Whoever is logged in, as far as the predicates allow.
    Login,
}

/// The function of a server file, as [`#[sync_handler]`](macro@crate::sync_handler) expands it.
#[diagnostic::on_unimplemented(
    message = "this file holds no server handler",
    note = "a server file needs `#[sync_handler(auth = ...)] pub async fn main(...)`"
)]
pub trait ServerHandler: 'static {
    /// The app whose state and sessions it reads.
    type App: App;
    /// What it answers. A handler with a mistake answers whatever its `_client` file takes, so that
    /// the mistake is the only error.
    type Output<Taken>;

    /// Who may use it.
    const AUTH: Auth;

    /// How often somebody may use it.
    const RATE_LIMIT: RateLimit = RateLimit::Default;

    /// How long it may run, if not as long as the configuration says.
    const TIMEOUT: Option<Duration> = None;

    /// What becomes of it when the client that made the request goes.
    const ON_DISCONNECT: OnDisconnect = OnDisconnect::Cancel;

    /// Whether those who join the room while it runs get what it has broadcast.
    const REPLAY: bool = false;
    /// How much of its deliveries is kept, if they are recorded.
    const HISTORY: Option<Keep> = None;

    /// Adds its input, output and errors to the route's types.
    fn describe(types: &mut impl TypeSink);

    /// Asks the predicates of `login(...)`, in their order, if there are any.
    const PREDICATES: Option<Predicates> = None;

    /// Reads the parameters and gives the call that is ready to run with them: nothing of the
    /// function has run when this returns.
    fn prepare(cx: &RequestContext<'_, Self::App>) -> Result<PreparedCall, Failure>;
}

/// Asks predicates about a request.
pub type Predicates = for<'a> fn(&'a Request) -> BoxFuture<'a, Result<(), Failure>>;

/// A call of a server file's function with its parameters read, not yet begun.
pub type PreparedCall = BoxFuture<'static, Result<OutputJson, Failure>>;

/// A [`ServerHandler`] whose type has been forgotten.
pub(crate) struct ServerRoute {
    pub(crate) auth: Auth,
    pub(crate) rate_limit: RateLimit,
    pub(crate) timeout: Option<Duration>,
    pub(crate) on_disconnect: OnDisconnect,
    pub(crate) replay: bool,
    /// Whether it takes streams.
    pub(crate) streams: bool,
    pub(crate) history: Option<Keep>,
    pub(crate) predicates: Option<Predicates>,
    pub(crate) prepare: fn(&Request) -> Result<PreparedCall, Failure>,
}

impl ServerRoute {
    pub(crate) fn of<H: ServerHandler>() -> Self {
        Self {
            auth: H::AUTH,
            rate_limit: H::RATE_LIMIT,
            timeout: H::TIMEOUT,
            on_disconnect: H::ON_DISCONNECT,
            replay: H::REPLAY,
            streams: TakesStreams::asked(H::describe),
            history: H::HISTORY,
            predicates: H::PREDICATES,
            prepare: prepare::<H>,
        }
    }
}

fn prepare<H: ServerHandler>(request: &Request) -> Result<PreparedCall, Failure> {
    H::prepare(&request.context()?)
}

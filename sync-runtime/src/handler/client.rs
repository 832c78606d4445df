//! `_client` files: run once per recipient.

use std::{future::ready, sync::Arc};

use futures_util::future::BoxFuture;

use super::{
    context::{Fanout, FanoutContext, RecipientContext},
    output::OwnJson,
};
use crate::{
    App, Failure,
    connection::Connection,
    typescript::{TakesStreams, TypeSink},
};

/// What a `_client` file decides for a recipient.
///
/// ```
/// use sync_runtime::Deliver;
///
/// fn notes_for(owner: bool, notes: &str) -> Deliver<String> {
///     if owner { Deliver::Send(notes.to_owned()) } else { Deliver::Skip }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deliver<T> {
    /// The recipient receives the delivery with this client output.
    Send(T),
    /// The recipient hears nothing.
    Skip,
    /// The recipient hears that this is not for it, with the code `sync.clientRejected`. To refuse
    /// with a code of its own, a `_client` file answers `Result<Deliver<T>, E>` and the error.
    Refuse,
}

/// The function of a `_client` file, as [`#[sync_handler]`](macro@crate::sync_handler) expands it.
#[diagnostic::on_unimplemented(
    message = "this file holds no `_client` handler",
    note = "a `_client` file needs `#[sync_handler] pub async fn main(...)`, without `auth`"
)]
pub trait ClientHandler: 'static {
    /// The app whose state and sessions it reads.
    type App: App;
    /// The `Input<T>` that it takes, or [`NoInput`]. A handler with a mistake takes [`AnyInput`], so
    /// that the mistake is the only error.
    type Input;

    /// Adds its output and errors to the route's types.
    fn describe(types: &mut impl TypeSink);

    /// Reads what all recipients of a fan-out share.
    fn share(
        cx: &FanoutContext<'_, Self::App>,
    ) -> Result<Box<dyn ForRecipients<Self::App>>, Failure>;
}

/// A `_client` file that takes no `Input`.
#[derive(Debug)]
pub enum NoInput {}

/// A file of which it cannot be told what input it takes: a `_client` file with a mistake, or a server
/// file without an `Input`.
#[derive(Debug)]
pub enum AnyInput {}

/// A route has no `_client` file.
#[derive(Debug)]
pub enum NoClient {}

/// A route's `_client` file, or that it has none.
pub trait ClientSide {
    /// The `Input<T>` that it takes, or [`NoInput`].
    type Input;
}

impl ClientSide for NoClient {
    type Input = NoInput;
}

impl<C: ClientHandler> ClientSide for C {
    type Input = C::Input;
}

/// What a `_client` file decided for one recipient.
pub(crate) type Shaped = Result<Deliver<OwnJson>, Failure>;

/// A `_client` file's function with what all recipients of a fan-out share.
pub trait ForRecipients<A>: Send + Sync {
    /// Runs for one recipient.
    fn run<'a>(&'a self, cx: RecipientContext<'a, A>) -> BoxFuture<'a, Shaped>;
}

/// The function `run` with what all recipients of a fan-out share.
pub fn for_recipients<A, S>(
    shared: S,
    run: for<'a> fn(&'a S, RecipientContext<'a, A>) -> BoxFuture<'a, Shaped>,
) -> Box<dyn ForRecipients<A>>
where
    A: App,
    S: Send + Sync + 'static,
{
    Box::new(SharedCall { shared, run })
}

struct SharedCall<A, S> {
    shared: S,
    run: for<'a> fn(&'a S, RecipientContext<'a, A>) -> BoxFuture<'a, Shaped>,
}

impl<A, S: Send + Sync> ForRecipients<A> for SharedCall<A, S> {
    fn run<'a>(&'a self, cx: RecipientContext<'a, A>) -> BoxFuture<'a, Shaped> {
        (self.run)(&self.shared, cx)
    }
}

/// A [`ClientHandler`] whose type has been forgotten.
pub(crate) struct ClientRoute {
    /// Whether it streams to its recipients.
    pub(crate) streams: bool,
    pub(crate) begin: fn(Arc<Fanout>) -> Begun,
}

/// A fan-out begun: its shared part read, or the reason why it cannot be.
pub(crate) type Begun = Result<Box<dyn Shaper>, Failure>;

/// A fan-out through a `_client` file, its shared part read.
pub(crate) trait Shaper: Send + Sync {
    /// The client output for one recipient.
    fn shape<'a>(&'a self, recipient: &'a Arc<Connection>) -> BoxFuture<'a, Shaped>;
}

impl ClientRoute {
    pub(crate) fn of<H: ClientHandler>() -> Self {
        Self {
            streams: TakesStreams::asked(H::describe),
            begin: begin::<H>,
        }
    }
}

fn begin<H: ClientHandler>(fanout: Arc<Fanout>) -> Begun {
    let shared = H::share(&fanout.context())?;
    Ok(Box::new(Shaping { fanout, shared }))
}

struct Shaping<A> {
    fanout: Arc<Fanout>,
    shared: Box<dyn ForRecipients<A>>,
}

impl<A: App> Shaper for Shaping<A> {
    fn shape<'a>(&'a self, recipient: &'a Arc<Connection>) -> BoxFuture<'a, Shaped> {
        match self.fanout.recipient(recipient) {
            Ok(cx) => self.shared.run(cx),
            Err(failure) => Box::pin(ready(Err(failure))),
        }
    }
}

//! `_client` files: run once per recipient.

use std::{any::type_name, future::Future, sync::Arc};

use futures_util::future::BoxFuture;

use super::{
    context::{Fanout, FanoutContext, RecipientContext},
    output::OutputJson,
    value::HandlerOutput,
};
use crate::{App, Failure, error::SyncError, session::SessionKey, typescript::RouteTypes};

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
}

/// What the function of a `_client` file may give back, in or out of a `Result`: its output, or a
/// [`Deliver`] with it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a sync handler",
    label = "must be writable as a JSON object and describable in TypeScript",
    note = "put `#[derive(Serialize, TS)]` on `{Self}`, or give back `Deliver<T>` with such a `T`"
)]
pub trait IntoDeliver {
    /// The client output.
    type Output: HandlerOutput;

    #[doc(hidden)]
    fn into_deliver(self) -> Deliver<Self::Output>;
}

impl<T: HandlerOutput> IntoDeliver for Deliver<T> {
    type Output = T;

    fn into_deliver(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + ts_rs::TS + Send + 'static> IntoDeliver for T {
    type Output = T;

    fn into_deliver(self) -> Deliver<T> {
        Deliver::Send(self)
    }
}

/// The function of a `_client` file, as [`#[sync_handler]`](macro@crate::sync_handler) expands it.
#[diagnostic::on_unimplemented(
    message = "this file holds no `_client` handler",
    note = "a `_client` file needs `#[sync_handler] pub async fn main(...)`, without `auth`"
)]
pub trait ClientHandler: 'static {
    /// The app whose state and sessions it reads.
    type App: App;
    /// What all recipients of a fan-out share.
    type Shared: Send + Sync + 'static;
    /// What it gives back: the client output, or a [`Deliver`] with it.
    type Delivers: IntoDeliver;
    /// How it fails for one recipient.
    type Error: SyncError;

    /// Adds its output and errors to the route's types.
    fn describe(types: &mut RouteTypes);

    /// Reads what all recipients share.
    fn share(cx: &FanoutContext<'_, Self::App>) -> Result<Self::Shared, Failure>;

    /// Runs for one recipient. The outer failure is a parameter's, the inner one the function's.
    fn run(
        shared: &Self::Shared,
        cx: RecipientContext<'_, Self::App>,
    ) -> impl Future<Output = Result<Result<Self::Delivers, Self::Error>, Failure>> + Send;
}

/// A [`ClientHandler`] whose type has been forgotten.
pub(crate) struct ClientRoute {
    pub(crate) describe: fn(&mut RouteTypes),
    pub(crate) begin: fn(Arc<Fanout>) -> Begun,
}

/// A fan-out begun: its shared part read, or the reason why it cannot be.
pub(crate) type Begun = Result<Box<dyn Shaper>, Failure>;

/// A fan-out through a `_client` file, its shared part read.
pub(crate) trait Shaper: Send + Sync {
    /// The client output for one recipient.
    fn shape<'a>(
        &'a self,
        recipient: Option<&'a SessionKey>,
    ) -> BoxFuture<'a, Result<Deliver<OutputJson>, Failure>>;
}

impl ClientRoute {
    pub(crate) fn of<H: ClientHandler>() -> Self {
        Self {
            describe: H::describe,
            begin: begin::<H>,
        }
    }
}

fn begin<H: ClientHandler>(fanout: Arc<Fanout>) -> Begun {
    let shared = H::share(&fanout.context())?;
    Ok(Box::new(Shaping::<H> { fanout, shared }))
}

struct Shaping<H: ClientHandler> {
    fanout: Arc<Fanout>,
    shared: H::Shared,
}

impl<H: ClientHandler> Shaper for Shaping<H> {
    fn shape<'a>(
        &'a self,
        recipient: Option<&'a SessionKey>,
    ) -> BoxFuture<'a, Result<Deliver<OutputJson>, Failure>> {
        Box::pin(async move {
            let cx = self.fanout.recipient(recipient)?;
            let delivers = H::run(&self.shared, cx).await?;
            match delivers.map_err(SyncError::into_failure)?.into_deliver() {
                Deliver::Skip => Ok(Deliver::Skip),
                Deliver::Send(output) => match output.encode() {
                    Ok(output) => Ok(Deliver::Send(output)),
                    Err(error) => Err(Failure::client_internal(format!(
                        "the output `{}` is not a JSON object: {error}",
                        type_name::<<H::Delivers as IntoDeliver>::Output>()
                    ))),
                },
            }
        })
    }
}

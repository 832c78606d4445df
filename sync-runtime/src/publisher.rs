//! Sending to a room from outside of a request.

use std::{
    fmt,
    sync::{Arc, OnceLock, Weak},
};

use futures_util::{FutureExt, future::BoxFuture};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    ConfigError, Failure, HandlerOutput, Input, RouteId,
    handler::{
        client::{AnyInput, ClientSide, NoInput},
        output::OutputJson,
        server::ServerHandler,
    },
    membership::{self, Member},
    pipeline::{self, Publication},
    room::RoomCode,
    server::Server,
};

/// Sends to rooms from anywhere in the app: an axum handler such as a webhook, a task that runs every
/// night, a job that outlives its request. It also takes members out of rooms.
///
/// What is published is the server output of a route, in a room. Its members hear it as if somebody had
/// made a request: in the callbacks that they have for the route, on all nodes, through its `_client` file,
/// recorded if it has a `history`. The route's function does not run, and nobody is asked for a login,
/// a membership or a rate: the app itself says it.
///
/// A publisher is made first, so that it can be a part of the app's state, and
/// [given to the server](crate::SyncServerBuilder::publisher) when that is built. Its clones are one and
/// the same.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)] pub struct User { id: String }
/// # impl sync_runtime::SessionUser for User { fn user_id(&self) -> &str { &self.id } }
/// # pub mod __sync { pub type App = super::AppState; }
/// # mod board_rename_server_v1 {
/// #     use sync_runtime::prelude::*;
/// #     #[derive(Serialize, TS)] pub struct Renamed { pub title: String }
/// #     #[sync_handler(auth = login)] pub async fn main() -> Renamed { Renamed { title: String::new() } }
/// # }
/// # mod sync_routes {
/// #     pub fn routes() -> sync_runtime::Routes<super::AppState> { sync_runtime::Routes::new().server(board::rename::V1) }
/// #     pub(crate) mod board { pub(crate) mod rename {
/// #         pub(crate) const V1: sync_runtime::codegen::RouteId<v1::server::__SyncHandler> = sync_runtime::codegen::route("board/rename", 1);
/// #         pub(crate) mod v1 { pub(crate) use crate::board_rename_server_v1 as server; }
/// #     } }
/// # }
/// use axum::{Router, extract::{FromRef, State}, http::StatusCode, routing::post};
/// use sync_runtime::{Publisher, Sessions, SyncServer};
///
/// use crate::sync_routes::board::rename;
///
/// #[derive(Clone, FromRef)]
/// pub struct AppState {
///     pub publisher: Publisher,
/// }
/// # impl sync_runtime::App for AppState { type User = User; }
///
/// /// Another service tells that a board has a new title.
/// async fn renamed(State(publisher): State<Publisher>, title: String) -> Result<(), StatusCode> {
///     let renamed = rename::v1::server::Renamed { title };
///     let published = publisher.publish(rename::V1, "board:demo", &renamed).await;
///     published.map(drop).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
/// }
///
/// # fn main() { tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap() }
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let publisher = Publisher::new();
/// let state = AppState { publisher: publisher.clone() };
/// let sync = SyncServer::builder(state.clone(), sync_routes::routes(), Sessions::in_memory())
///     .publisher(&publisher)
///     .build()?;
/// let app: Router = sync.mount(Router::new().route("/renamed", post(renamed)).with_state(state));
/// # Ok(()) }
/// ```
///
/// # What is different from a request
/// Nobody has sent it: all members hear it, and what hooks are told of it has a
/// [visitor](crate::hooks::Visitor) without connection and session. Hooks of
/// [`PreSyncRecipient`](crate::hooks::PreSyncRecipient) shape it and those of
/// [`PostSyncFanout`](crate::hooks::PostSyncFanout) are told of it, as of a request's deliveries. Those of
/// the steps before are not asked, [`PreSyncFanout`](crate::hooks::PreSyncFanout) among them: there is
/// no request that they could stop.
///
/// Nobody in the room is no error. A route with `history` records it all the same: who was away for a
/// moment finds it when it comes back.
///
/// # Order and pressure
/// What one task publishes one after another, each awaited, is heard in this order. On a route with
/// `history` all members hear it at one place among the deliveries of requests.
///
/// `publish` is done when the deliveries of this node are made, and what is to be said to other nodes is on
/// its way. So who awaits it goes no faster than rooms are served; besides that
/// [`max_concurrent_publications`](crate::Config::max_concurrent_publications) may be under way. One
/// that is no longer awaited (its task is aborted, its client goes) happens whole or, if it was still
/// waiting for its turn, not at all. In a `_client` file and in hooks of deliveries spawn a
/// task for it: awaited there, it could wait for itself.
#[derive(Clone, Default)]
pub struct Publisher(Arc<OnceLock<Weak<Server>>>);

impl Publisher {
    /// A publisher that is still to be given to a server.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Delivers an output of a route to all members of a room, and gives how many connections of this
    /// node it was sent to.
    ///
    /// A route whose `_client` file takes the `Input` is published with
    /// [`publish_with_input`](Self::publish_with_input).
    ///
    /// # Errors
    /// - `sync.clusterUnavailable` when Redis is away, the route has `history` or nobody on this node is in
    ///   the room. It may be tried again: nobody has heard it, unless Redis had taken it and could not say so.
    /// - `sync.missingReceiver`, `sync.payloadTooLarge` or `sync.receiverNotAllowed` when no room can have
    ///   that name: it is empty, too long, or `all`.
    /// - `sync.serverExecutionFailed` when the output is written as something else than a JSON object, or
    ///   the publisher was given to no server, or to one that does not have the route.
    pub fn publish<S, C, O>(
        &self,
        route: RouteId<S, C>,
        room: &str,
        output: &O,
    ) -> BoxFuture<'static, Result<usize, Failure>>
    where
        S: ServerHandler<Output<O>: AnsweredAs<O>>,
        C: ClientSide<Input: NotTaken>,
        O: HandlerOutput,
    {
        self.send(route.full_name(), room, to_raw_value(&NoFields {}), output)
    }

    /// As [`publish`](Self::publish), with the input that the route's `_client` file takes.
    ///
    /// # Errors
    /// As of [`publish`](Self::publish).
    pub fn publish_with_input<S, C, I, O>(
        &self,
        route: RouteId<S, C>,
        room: &str,
        input: &I,
        output: &O,
    ) -> BoxFuture<'static, Result<usize, Failure>>
    where
        S: ServerHandler<Output<O>: AnsweredAs<O>>,
        C: ClientSide<Input: Takes<I>>,
        I: Serialize,
        O: HandlerOutput,
    {
        self.send(route.full_name(), room, to_raw_value(input), output)
    }

    /// Takes somebody out of a room, as [`SyncServer::remove_from_room`](crate::SyncServer::remove_from_room) does.
    ///
    /// # Errors
    /// As of that, and `sync.serverExecutionFailed` when the publisher was given to no server.
    pub async fn remove_from_room(&self, member: Member<'_>, room: &str) -> Result<(), Failure> {
        membership::remove(&self.server()?, member, &RoomCode::parse(room)?).await
    }

    /// What is published is encoded at once, so that the future does not hold on to it.
    fn send<O: HandlerOutput>(
        &self,
        route: String,
        room: &str,
        input: Result<Box<RawValue>, serde_json::Error>,
        output: &O,
    ) -> BoxFuture<'static, Result<usize, Failure>> {
        let server = self.server();
        let publication = publication(route, room, input, output.to_json());
        async move { pipeline::publish(&server?, publication?).await }.boxed()
    }

    fn server(&self) -> Result<Arc<Server>, Failure> {
        let server = self.0.get().ok_or_else(|| {
            Failure::internal(
                "a publisher without a server: give it to `SyncServerBuilder::publisher`",
            )
        })?;
        let server = server.upgrade();
        server.ok_or_else(|| Failure::internal("the server of this publisher is gone"))
    }

    pub(crate) fn belong_to(&self, server: &Arc<Server>) -> Result<(), ConfigError> {
        self.0.set(Arc::downgrade(server)).map_err(|_| {
            let takes = "one that no other server has: `Publisher::new()`";
            ConfigError::wrong("publisher", "the publisher of another server", takes)
        })
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_server = self.0.get().is_some();
        f.debug_struct("Publisher")
            .field("has_server", &has_server)
            .finish()
    }
}

/// The input where there is none.
#[derive(Serialize)]
struct NoFields {}

fn publication(
    route: String,
    room: &str,
    input: Result<Box<RawValue>, serde_json::Error>,
    output: Result<OutputJson, Failure>,
) -> Result<Publication, Failure> {
    Ok(Publication {
        route,
        room: room.to_owned(),
        input: input.map_err(Failure::internal)?.into(),
        output: output?,
    })
}

/// What a route's server file answers is what can be published on it.
///
/// What the compiler has to say about something else is that it is something else: a bound that names
/// the type would have it say less.
pub trait AnsweredAs<Given> {}

impl<T> AnsweredAs<T> for T {}

/// A route whose `_client` file needs no input can be published without.
#[diagnostic::on_unimplemented(
    message = "the `_client` file of this route takes `{Self}`, and nothing is published for it",
    label = "not without its input",
    note = "write `publish_with_input(route, room, &input, &output)`"
)]
pub trait NotTaken {}

impl NotTaken for NoInput {}
impl NotTaken for AnyInput {}

/// What a `_client` file takes as the input is what can be given to it.
pub trait Takes<Given> {}

impl<T> Takes<T> for Input<T> {}
impl<T> Takes<T> for NoInput {}
impl<T> Takes<T> for AnyInput {}

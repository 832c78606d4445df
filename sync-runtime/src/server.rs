//! The server: what an app's routes, state and sessions become on an axum router.

use std::{
    fmt,
    sync::{Arc, Once},
};

use axum::Router;
use serde::Serialize;
use socketioxide::{SocketIo, layer::SocketIoLayer};

use crate::{
    App, Config, ConfigError, Hooks, Routes, Sessions,
    connection::{BySession, Connection},
    handler::context::AnyState,
    limits::{Buckets, TrustedProxies},
    rooms::Rooms,
    route::RouteTable,
    session::AnySessions,
    transport::{http, socket},
};

/// A sync server, ready to be mounted on an axum router.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone)] struct AppState;
/// # #[derive(Serialize, Deserialize)] struct User { id: String }
/// # impl sync_runtime::App for AppState { type User = User; }
/// # impl sync_runtime::SessionUser for User { fn user_id(&self) -> &str { &self.id } }
/// # mod sync_routes { pub fn routes() -> sync_runtime::Routes<super::AppState> { sync_runtime::Routes::new() } }
/// use axum::{Router, routing::get};
/// use sync_runtime::{Sessions, SyncServer};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = Sessions::in_memory();
/// let sync = SyncServer::builder(AppState, sync_routes::routes(), sessions).build()?;
/// let app: Router = sync.mount(Router::new().route("/", get(|| async { "hello" })));
/// # Ok(()) }
/// ```
pub struct SyncServer {
    server: Arc<Server>,
    layer: SocketIoLayer,
}

impl SyncServer {
    /// Begins a server for an app: its state, its routes (the generated `sync_routes::routes()`),
    /// and its sessions.
    pub fn builder<A: App>(
        state: A,
        routes: Routes<A>,
        sessions: Sessions<A::User>,
    ) -> SyncServerBuilder {
        SyncServerBuilder {
            state: Arc::new(state),
            routes: routes.into_table(),
            sessions: Arc::new(sessions),
            hooks: Hooks::new(),
            config: Config::default(),
        }
    }

    /// Adds the server to a router: Socket.IO at `/socket.io/` and the routes over HTTP below
    /// `/sync/`.
    ///
    /// Call it last: layers that the router has are not put around `/socket.io/`.
    ///
    /// # Panics
    /// As axum does when the router has a path below `/sync/` itself.
    pub fn mount<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        router
            .merge(http::router(self.server.clone()))
            .layer(self.layer.clone())
    }
}

impl fmt::Debug for SyncServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncServer").finish_non_exhaustive()
    }
}

/// Sets up a [`SyncServer`].
pub struct SyncServerBuilder {
    state: AnyState,
    routes: RouteTable,
    sessions: Arc<dyn AnySessions>,
    hooks: Hooks,
    config: Config,
}

impl SyncServerBuilder {
    /// Sets the configuration.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the hooks.
    #[must_use]
    pub fn hooks(mut self, hooks: Hooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// Builds the server.
    ///
    /// # Errors
    /// When a setting cannot work; the error names it.
    pub fn build(self) -> Result<SyncServer, ConfigError> {
        self.config.check()?;
        let (layer, io) = socket::layer(&self.config);
        let server = Arc::new(Server {
            io,
            state: self.state,
            routes: self.routes,
            sessions: self.sessions,
            rooms: Rooms::default(),
            hooks: self.hooks,
            buckets: Buckets::default(),
            proxies: TrustedProxies::new(self.config.trusted_proxies.clone()),
            by_session: BySession::default(),
            watches_sessions: Once::new(),
            config: self.config,
        });
        socket::serve(&server);
        Ok(SyncServer { server, layer })
    }
}

impl fmt::Debug for SyncServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncServerBuilder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// What all requests share.
pub(crate) struct Server {
    pub(crate) io: SocketIo,
    pub(crate) state: AnyState,
    pub(crate) routes: RouteTable,
    pub(crate) sessions: Arc<dyn AnySessions>,
    pub(crate) rooms: Rooms,
    pub(crate) hooks: Hooks,
    pub(crate) buckets: Buckets,
    pub(crate) proxies: TrustedProxies,
    pub(crate) by_session: BySession,
    /// Done when somebody hears of the ends of sessions.
    pub(crate) watches_sessions: Once,
    pub(crate) config: Config,
}

impl Server {
    /// Sends an event to one connection, and says whether it could be: one that has gone in the
    /// meantime misses it.
    pub(crate) fn emit(&self, to: &Connection, event: &str, data: &impl Serialize) -> bool {
        let Some(socket) = self.io.get_socket(to.id()) else {
            return false;
        };
        let sent = socket.emit(event, data);
        if let Err(error) = &sent {
            tracing::warn!(connection = %to.id(), event, %error, "an event could not be sent");
        }
        sent.is_ok()
    }
}

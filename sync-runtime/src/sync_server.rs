//! The server: what an app's routes, state and sessions become on an axum router.

use std::{
    any::TypeId,
    fmt,
    sync::{Arc, Once},
};

use axum::Router;
use serde::Serialize;
use tokio::sync::Semaphore;

#[cfg(feature = "redis")]
use crate::remote;
use crate::{
    App, Config, ConfigError, Failure, Hooks, Messages, Routes, SessionUser, Sessions,
    cluster::{Alone, Cluster},
    connection::{BySession, ByUser},
    handler::context::AnyState,
    health,
    history::{History, Log, MemoryLog},
    limits::{Buckets, RateStore, TrustedProxies},
    membership::{self, Member},
    observe,
    presence::{Presence, Profiles},
    publisher::Publisher,
    repeats::{MemoryRepeats, Repeats},
    replay::Replays,
    room::RoomCode,
    rooms::Rooms,
    route::RouteTable,
    server::Server,
    session::AnySessions,
    shutdown::{self, ShutdownReport},
    shutdown_state::Shutdown,
    transport::{engine_io::EngineIo, http, socket},
    unknown_routes::UnknownRoutes,
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
    pub(crate) server: Arc<Server>,
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
            rates: Box::new(Buckets::default()),
            messages: Messages::new(),
            profiles: None,
            publisher: None,
            user: TypeId::of::<A::User>(),
            join: Box::new(alone),
            config: Config::default(),
        }
    }

    /// Adds the server to a router: Socket.IO at `/socket.io/` and the routes over HTTP below
    /// `/sync/`.
    ///
    /// Call it last: layers that the router has are not put around these.
    ///
    /// Sockets are the listener's affair. Set `TCP_NODELAY` on them, or small events wait for the
    /// acknowledgement of the one before, and serve with the addresses of clients, or rates cannot be
    /// limited by them:
    ///
    /// ```no_run
    /// # async fn run(app: axum::Router, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    /// use std::net::SocketAddr;
    /// use axum::serve::ListenerExt;
    ///
    /// let listener = listener.tap_io(|connection| {
    ///     let _ = connection.set_nodelay(true);
    /// });
    /// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await
    /// # }
    /// ```
    ///
    /// # Panics
    /// As axum does when the router has one of these paths itself.
    pub fn mount<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        let engine_io = EngineIo(self.server.clone());
        router
            .merge(http::router(self.server.clone()))
            .route_service("/socket.io/", engine_io.clone())
            .route_service("/socket.io", engine_io)
    }

    /// `/healthz`, which answers as long as the process does, and `/readyz`, which answers 503 when no
    /// new clients should be sent here: see [`observe`](crate::observe#health). To be
    /// [merged](Router::merge) into the app's router, or into one of another port.
    pub fn health_routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        health::routes(self.server.clone())
    }

    /// Takes a user or a session out of a room, with all its connections on all nodes, and out of the
    /// rooms that its sessions find again. Their clients hear `sync-room-left` with `{ room }`, and
    /// the hooks of [`PostRoomLeave`](crate::hooks::PostRoomLeave) are told; nobody is asked.
    ///
    /// Nothing keeps it from joining again: for that there is [`PreRoomJoin`](crate::hooks::PreRoomJoin).
    ///
    /// ```
    /// # async fn ban(sync: &sync_runtime::SyncServer) -> Result<(), sync_runtime::Failure> {
    /// use sync_runtime::Member;
    ///
    /// sync.remove_from_room(Member::user("mallory"), "board:demo").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `sync.clusterUnavailable` when other nodes cannot be told: it is out of the room here, and is to
    /// be taken out again. When the session store does not answer, or no room can have that name.
    pub async fn remove_from_room(&self, member: Member<'_>, room: &str) -> Result<(), Failure> {
        membership::remove(&self.server, member, &RoomCode::parse(room)?).await
    }

    /// Shuts down without losing what runs, and gives what it came to.
    ///
    /// From the beginning new connections are answered with HTTP status 503, after which clients try
    /// again, and `/readyz` says so too. Connections are closed in batches over
    /// [`Config::shutdown_spread`], each between two of its requests, so that their clients come back
    /// a few at a time, to another node or to this one after its restart. Requests over HTTP are still
    /// served. What still runs after [`Config::shutdown_deadline`] is answered with `request.aborted`.
    /// The method returns when all is closed, half a second after the deadline at the latest; a node of a
    /// [cluster](SyncServerBuilder::cluster) takes up to a second more to tell the others.
    ///
    /// It belongs in front of the end of the listener, so that requests of open connections come
    /// through and clients are turned away rather than not answered:
    ///
    /// ```no_run
    /// # async fn run(sync: sync_runtime::SyncServer, app: axum::Router, listener: tokio::net::TcpListener)
    /// # -> std::io::Result<()> {
    /// axum::serve(listener, app)
    ///     .with_graceful_shutdown(async move {
    ///         // tokio::signal::ctrl_c().await ...
    ///         sync.shutdown().await;
    ///     })
    ///     .await
    /// # }
    /// ```
    pub async fn shutdown(&self) -> ShutdownReport {
        shutdown::shut_down(&self.server).await
    }
}

impl fmt::Debug for SyncServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncServer").finish_non_exhaustive()
    }
}

/// How a server becomes one of those that share its rooms.
type Join = Box<dyn FnOnce(&Config) -> Joined + Send>;
type Listen = Box<dyn FnOnce(&Arc<Server>) + Send>;

/// What a server shares with others, or has alone.
struct Joined {
    cluster: Arc<dyn Cluster>,
    repeats: Box<dyn Repeats>,
    /// Where rooms are recorded.
    log: Box<dyn Log>,
    /// Begins to listen to the others.
    listen: Listen,
}

fn alone(config: &Config) -> Joined {
    Joined {
        cluster: Arc::new(Alone),
        repeats: Box::new(MemoryRepeats::new(config.repeat_bounds())),
        log: Box::new(MemoryLog::new(config.history_bounds())),
        listen: Box::new(|_| {}),
    }
}

/// Sets up a [`SyncServer`].
pub struct SyncServerBuilder {
    state: AnyState,
    routes: RouteTable,
    sessions: Arc<dyn AnySessions>,
    hooks: Hooks,
    rates: Box<dyn RateStore>,
    messages: Messages,
    join: Join,
    profiles: Option<Profiles>,
    publisher: Option<Publisher>,
    /// The type of the app's user.
    user: TypeId,
    config: Config,
}

impl SyncServerBuilder {
    /// Records rooms elsewhere than in memory.
    #[cfg(test)]
    pub(crate) fn log(mut self, log: Box<dyn Log>) -> Self {
        self.join = Box::new(|config| Joined {
            log,
            ..alone(config)
        });
        self
    }

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

    /// Sets what errors say in other languages than that of the code.
    #[must_use]
    pub fn messages(mut self, messages: Messages) -> Self {
        self.messages = messages;
        self
    }

    /// Tells members of a room who else is in it: each user by the id and what `profile` makes of the
    /// user, an object. Without this nobody is told.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)] struct User { id: String, name: String, email: String }
    /// # impl sync_runtime::SessionUser for User { fn user_id(&self) -> &str { &self.id } }
    /// use serde_json::json;
    /// use sync_runtime::SyncServerBuilder;
    ///
    /// fn with_presence(server: SyncServerBuilder) -> SyncServerBuilder {
    ///     // Not the address: all in the room can see this.
    ///     server.presence(|user: &User| json!({ "name": user.name }))
    /// }
    /// ```
    ///
    /// A user with several connections is there once, with the profile of the newest, made when that
    /// joined. One who leaves the room is gone at once; one whose connection was lost, after
    /// [`Config::presence_grace`] without another. In a [cluster](Self::cluster) they are the users of
    /// all nodes, whose servers must all be set up with this.
    #[must_use]
    pub fn presence<U: SessionUser, P: Serialize>(
        mut self,
        profile: impl Fn(&U) -> P + Send + Sync + 'static,
    ) -> Self {
        self.profiles = Some(Profiles::new(profile));
        self
    }

    /// Makes a publisher that of this server: what it publishes is heard by this server's members, and
    /// those of the other nodes of its [`cluster`](Self::cluster).
    #[must_use]
    pub fn publisher(mut self, publisher: &Publisher) -> Self {
        self.publisher = Some(publisher.clone());
        self
    }

    /// Counts rates in Redis, so that all processes of the app share one budget. Without it each
    /// counts for itself, in its memory.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn rate_limits(mut self, limits: crate::RedisRateLimits) -> Self {
        self.rates = Box::new(limits);
        self
    }

    /// Makes the server one node of several, which share rooms through Redis. Without it, it is alone.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn cluster(mut self, cluster: crate::RedisCluster) -> Self {
        self.join = Box::new(|config| {
            let repeats = Box::new(cluster.repeats(config));
            let joined = cluster.join(config);
            Joined {
                cluster: joined.node,
                repeats,
                log: joined.log,
                listen: Box::new(|server| remote::listen(server, joined.ears)),
            }
        });
        self
    }

    /// Builds the server.
    ///
    /// # Errors
    /// When a setting cannot work; the error names it.
    pub fn build(self) -> Result<SyncServer, ConfigError> {
        self.config.check()?;
        if self
            .profiles
            .as_ref()
            .is_some_and(|of| !of.are_of(self.user))
        {
            let takes = "a function of the user that the app's sessions hold";
            return Err(ConfigError::wrong(
                "presence",
                "a function of another type",
                takes,
            ));
        }
        if let Some(problem) = self.messages.problem() {
            let given = problem.given.clone();
            return Err(ConfigError::wrong("messages", given, problem.takes));
        }
        if self.hooks.pre_join.is_empty() {
            tracing::warn!(
                "whoever is logged in may join any room: add a hook of PreRoomJoin that says who may, with `SyncServerBuilder::hooks`"
            );
        }
        observe::describe();
        let (door, io, below) = socket::door(&self.config);
        let Joined {
            cluster,
            repeats,
            log,
            listen,
        } = (self.join)(&self.config);
        let history = History::new(log, self.routes.have_history(), self.config.history_readers);
        let max_replay_bytes = self.config.max_replay_bytes;
        let replays = Replays::new(cluster.clone(), max_replay_bytes, self.routes.have_replay());
        let max_publications = self.config.max_concurrent_publications;
        let max_publications = max_publications.min(Semaphore::MAX_PERMITS);
        let server = Arc::new(Server {
            io,
            below,
            door: Arc::new(door),
            shutdown: Shutdown::default(),
            state: self.state,
            routes: self.routes,
            sessions: self.sessions,
            rooms: Rooms::new(cluster.clone()),
            history,
            presence: Presence::new(
                self.profiles,
                self.config.presence_bounds(),
                cluster.clone(),
            ),
            unknown_routes: UnknownRoutes::default(),
            repeats,
            hooks: self.hooks,
            rates: self.rates,
            messages: self.messages,
            proxies: TrustedProxies::new(self.config.trusted_proxies.clone()),
            by_session: BySession::new(cluster.clone()),
            by_user: ByUser::new(cluster.clone()),
            cluster,
            replays: Arc::new(replays),
            publications: Arc::new(Semaphore::new(max_publications)),
            watches_sessions: Once::new(),
            watches_traffic: Once::new(),
            config: self.config,
        });
        if let Some(publisher) = self.publisher {
            publisher.belong_to(&server)?;
        }
        socket::serve(&server);
        listen(&server);
        Ok(SyncServer { server })
    }
}

impl fmt::Debug for SyncServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncServerBuilder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

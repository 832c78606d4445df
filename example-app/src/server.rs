//! Starting the server and stopping it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::serve::ListenerExt;
use serde_json::json;
use sync_runtime::hooks::PreRoomJoin;
use sync_runtime::{
    ClusterError, Config, Hooks, Publisher, RateLimitsError, RedisCluster, RedisRateLimits,
    RedisSessions, SessionStoreError, Sessions, SyncServer, SyncServerBuilder,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::accounts::{Accounts, HashError, User};
use crate::assistant::{Assistant, EndpointError};
use crate::chat::{Answers, LOBBY};
use crate::db::{Db, OpenError};
use crate::options::RedisUrl;
use crate::{AppState, http, messages, sync_routes};

/// How long the app's own requests may take to finish when events have stopped, and then the queries.
const DRAIN: Duration = Duration::from_secs(1);

/// How long a session counts that Redis cannot tell of: those who are there go on while it is away.
const REMEMBERED: Duration = Duration::from_mins(5);

/// The server, ready to serve.
#[derive(Debug)]
pub struct Server {
    app: axum::Router,
    sync: SyncServer,
    state: AppState,
}

/// Why the server did not start, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The database.
    #[error(transparent)]
    Db(#[from] OpenError),
    /// The password hasher.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The assistant.
    #[error("the assistant: {0}")]
    Assistant(#[from] EndpointError),
    /// The sessions' Redis.
    #[error(transparent)]
    Sessions(#[from] SessionStoreError),
    /// The Redis that rates are counted in.
    #[error(transparent)]
    RateLimits(#[from] RateLimitsError),
    /// The Redis that joins the processes.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A setting of the runtime.
    #[error(transparent)]
    Sync(#[from] sync_runtime::ConfigError),
    /// The metrics.
    #[error(transparent)]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The listener.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Server {
    /// Opens the database in `data` and puts the app together; `web` is the built front end. With
    /// `redis` it is one of several processes.
    pub async fn new(
        data: PathBuf,
        web: PathBuf,
        redis: Option<&RedisUrl>,
        assistant: Assistant,
    ) -> Result<Self, ServerError> {
        let db = Db::open(&data).await?;
        let sessions = match redis {
            None => Sessions::in_memory(),
            Some(RedisUrl(url)) => {
                let store = RedisSessions::connect(url).await?;
                Sessions::new(store.remember_for(REMEMBERED))
            }
        };
        let publisher = Publisher::new();
        let state = AppState {
            db: db.clone(),
            accounts: Accounts::new(db.clone()).await?,
            sessions: sessions.clone(),
            assistant,
            answers: Answers::new(db.clone(), publisher.clone()),
        };
        let sync = SyncServer::builder(state.clone(), sync_routes::routes(), sessions)
            .config(Config::load()?)
            .hooks(Hooks::new().on(may_join))
            .publisher(&publisher)
            .messages(messages::in_dutch())
            .presence(|user: &User| json!({ "name": user.name }));
        let sync = match redis {
            None => sync,
            Some(redis) => joined(sync, redis).await?,
        };
        let sync = sync.build()?;
        let app = sync.mount(http::router(state.clone(), &web).merge(sync.health_routes()));
        Ok(Self { app, sync, state })
    }

    /// What serves the realtime routes, for tests of their handlers.
    pub fn sync(&self) -> &SyncServer {
        &self.sync
    }

    /// What the handlers share.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `stop` is cancelled, then shuts down: events first, with the deadline of their
    /// settings, then what else runs, a second at most.
    pub async fn run(
        self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<(), ServerError> {
        // The listener stays open meanwhile: clients that come are told that the server goes.
        let finished = CancellationToken::new();
        let shutdown = {
            let (sync, stop, finished) = (self.sync, stop, finished.clone());
            async move {
                stop.cancelled().await;
                sync.shutdown().await;
                finished.cancel();
            }
        };
        // Small messages must not wait for the acknowledgement of the one before: a pointer's
        // movement would come in jerks.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection without TCP_NODELAY");
            }
        });
        // With the address of each, so that rates can be limited by it.
        let app = self.app.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, app).with_graceful_shutdown(shutdown);
        let deadline = async {
            finished.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            served = serving => served?,
            () = deadline => tracing::warn!("stopped with requests still running"),
        }
        // Waits for queries that still run, but not for ever.
        if tokio::time::timeout(DRAIN, self.state.db.close())
            .await
            .is_err()
        {
            tracing::warn!("stopped with queries still running");
        }
        Ok(())
    }
}

/// Whoever is logged in may be at any board, and in rooms in which nothing is: their routes say so. Of chats there is the
/// lobby alone.
async fn may_join(join: PreRoomJoin) -> bool {
    let room = join.room.as_str();
    room == LOBBY || !room.starts_with("chat:")
}

/// Makes it one server with the other processes that use this Redis.
async fn joined(
    sync: SyncServerBuilder,
    RedisUrl(url): &RedisUrl,
) -> Result<SyncServerBuilder, ServerError> {
    Ok(sync
        .cluster(RedisCluster::connect(url).await?)
        .rate_limits(RedisRateLimits::connect(url).await?))
}

//! Starting the server and stopping it.

use std::path::PathBuf;
use std::time::Duration;

use axum::serve::ListenerExt;
use sync_runtime::{Config, Sessions, SyncServer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::accounts::{Accounts, HashError};
use crate::db::{Db, OpenError};
use crate::{AppState, http, sync_routes};

/// How long requests that run when the server stops may take to finish.
const DRAIN: Duration = Duration::from_secs(5);

/// The server, ready to serve.
#[derive(Debug)]
pub struct Server {
    app: axum::Router,
    db: Db,
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
    /// A setting of the runtime.
    #[error(transparent)]
    Sync(#[from] sync_runtime::ConfigError),
    /// The listener.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Server {
    /// Opens the database in `data` and puts the app together; `web` is the built front end.
    pub async fn new(data: PathBuf, web: PathBuf) -> Result<Self, ServerError> {
        let db = Db::open(&data).await?;
        let sessions = Sessions::in_memory();
        let state = AppState {
            db: db.clone(),
            accounts: Accounts::new(db.clone()).await?,
            sessions: sessions.clone(),
        };
        let sync = SyncServer::builder(state.clone(), sync_routes::routes(), sessions)
            .config(Config::load()?)
            .build()?;
        let app = sync.mount(http::router(state, &web));
        Ok(Self { app, db })
    }

    /// Serves until `stop` is cancelled, then lets running requests finish, five seconds at most.
    pub async fn run(
        self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<(), ServerError> {
        let signal = stop.clone().cancelled_owned();
        // Small messages must not wait for the acknowledgement of the one before: a pointer's
        // movement would come in jerks.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection without TCP_NODELAY");
            }
        });
        let serving = axum::serve(listener, self.app).with_graceful_shutdown(signal);
        let deadline = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            served = serving => served?,
            // Long polls and event streams would keep it waiting.
            () = deadline => tracing::info!("stopped with connections still open"),
        }
        // Waits for queries that still run, but not for ever.
        if tokio::time::timeout(DRAIN, self.db.close()).await.is_err() {
            tracing::warn!("stopped with queries still running");
        }
        Ok(())
    }
}

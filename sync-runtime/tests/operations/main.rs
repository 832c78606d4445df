//! What an operator sees of a server: metrics, health, and how it goes.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::expect_used,
    clippy::missing_panics_doc
)]

mod client;
mod compiled;
mod health;
mod metrics;
mod shutdown;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use sync_runtime::{App, Config, FromRef, Routes, SessionUser, Sessions, SyncServer, codegen};
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;

/// What the handlers of these tests wait for.
#[derive(Clone, Default)]
pub struct Gate {
    pub entered: Arc<Notify>,
    pub opened: Arc<Notify>,
}

#[derive(Clone)]
pub struct AppState {
    pub gate: Gate,
}

impl FromRef<AppState> for Gate {
    fn from_ref(state: &AppState) -> Self {
        state.gate.clone()
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    id: String,
}

impl App for AppState {
    type User = User;
}

impl SessionUser for User {
    fn user_id(&self) -> &str {
        &self.id
    }
}

/// Stands for what the macro `include_routes!` makes.
#[doc(hidden)]
pub mod __sync {
    pub type App = crate::AppState;
}

mod echo {
    use sync_runtime::prelude::*;

    #[derive(Deserialize, TS)]
    #[serde(deny_unknown_fields)]
    pub struct Said {
        text: String,
    }

    #[derive(Serialize, TS)]
    pub struct Heard {
        text: String,
    }

    #[sync_handler(auth = none, rate_limit = off)]
    pub async fn main(Input(said): Input<Said>) -> Heard {
        Heard { text: said.text }
    }
}

mod wait {
    use sync_runtime::prelude::*;

    use crate::Gate;

    #[derive(Deserialize, TS)]
    pub struct Nothing {}

    #[derive(Serialize, TS)]
    pub struct Done {}

    /// Answers when the gate opens.
    #[sync_handler(auth = none, rate_limit = off)]
    pub async fn main(Input(Nothing {}): Input<Nothing>, State(gate): State<Gate>) -> Done {
        gate.entered.notify_one();
        gate.opened.notified().await;
        Done {}
    }
}

/// A server on a port of its own.
pub struct Running {
    pub url: String,
    pub sync: Arc<SyncServer>,
    pub gate: Gate,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// Starts a server; the sessions and the configuration are the test's.
pub async fn start(sessions: Sessions<User>, config: Config) -> Running {
    let gate = Gate::default();
    let routes = Routes::new()
        .server::<echo::__SyncHandler>(codegen::route("test/echo", 1))
        .server::<wait::__SyncHandler>(codegen::route("test/wait", 1));
    let state = AppState { gate: gate.clone() };
    let sync = SyncServer::builder(state, routes, sessions)
        .config(config)
        .build()
        .expect("a server");
    let app = sync.mount(sync.health_routes());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let serve = axum::serve(listener, app).with_graceful_shutdown(stopped);
    Running {
        url,
        sync: Arc::new(sync),
        gate,
        stop,
        serving: tokio::spawn(async move { serve.await }),
    }
}

impl Running {
    /// Ends the listener, which waits for every open request.
    pub async fn end(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.serving).await;
        ended
            .expect("no request is open")
            .expect("no panic")
            .expect("served");
    }
}

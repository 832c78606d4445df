//! The server: nothing but sync.

use std::{io::Write, net::Ipv4Addr};

use axum::{Router, serve::ListenerExt};
use sync_runtime::{
    Config, Hooks, RedisCluster, Sessions, SyncServer,
    hooks::{
        OnSocketConnect, OnSocketDisconnect, PostRoomJoin, PostSyncAuthorize, PostSyncExecute,
        PostSyncFanout, PostSyncValidate, PreRoomJoin, PreSocketMessage, PreSyncAuthorize,
        PreSyncExecute, PreSyncFanout, PreSyncValidate,
    },
};
use tokio::net::TcpListener;

use crate::{AppState, Outcome, many, sessions::BenchSessions, sync_routes};

/// How it serves.
#[derive(Default)]
pub(crate) struct How {
    /// 0 takes a free one.
    pub(crate) port: u16,
    /// How many routes there are beside those of the handler files.
    pub(crate) routes: usize,
    /// The Redis that joins it to other nodes. Sessions stay where they are: each member is connected
    /// to one node, and what Redis is asked is what fan-out asks.
    pub(crate) redis: Option<String>,
}

/// Serves on a port of this machine until it is stopped.
pub(crate) async fn run(how: How) -> Outcome {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .init();
    let sessions = Sessions::new(BenchSessions::new()).bearer(true);
    let config = Config {
        address_rate_limit: None,
        ..Config::default()
    };
    let routes = many::add(sync_routes::routes(), how.routes);
    let mut sync = SyncServer::builder(AppState, routes, sessions)
        .config(config)
        .hooks(empty_hooks());
    if let Some(url) = &how.redis {
        sync = sync.cluster(RedisCluster::connect(url).await?);
    }
    let sync = sync.build()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, how.port)).await?;
    let address = listener.local_addr()?;
    println!("ready http://{address} pid={}", std::process::id());
    std::io::stdout().flush()?;
    let listener = listener.tap_io(|connection| {
        // A connection that cannot is slower and works.
        let _ = connection.set_nodelay(true);
    });
    axum::serve(listener, sync.mount(Router::new())).await?;
    Ok(())
}

/// Hooks that do nothing, at every step that a request takes by default: what they cost is a part of
/// what is measured.
fn empty_hooks() -> Hooks {
    Hooks::new()
        .on(|_: OnSocketConnect| async {})
        .on(|_: OnSocketDisconnect| async {})
        .on(|_: PreRoomJoin| async {})
        .on(|_: PostRoomJoin| async {})
        .on(|_: PreSocketMessage| async {})
        .on(|_: PreSyncAuthorize| async {})
        .on(|_: PostSyncAuthorize| async {})
        .on(|_: PreSyncValidate| async {})
        .on(|_: PostSyncValidate| async {})
        .on(|_: PreSyncExecute| async {})
        .on(|_: PostSyncExecute| async {})
        .on(|_: PreSyncFanout| async {})
        .on(|_: PostSyncFanout| async {})
}

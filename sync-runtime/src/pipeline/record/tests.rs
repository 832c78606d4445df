//! What becomes of requests while the log does not answer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use futures_util::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    Failure, RequestContext, Routes, Sessions, SyncServer,
    codegen::{Auth, PreparedCall, ServerHandler, route},
    handler::output::OutputJson,
    history::{Entry, Keep, Kept, Log, LogFuture, LogUnavailable, Offset, Page, Tailed},
    room::RoomCode,
    session::conformance::user,
    sockets_for_tests::{Client, Running, State, room, serve_built},
    typescript::TypeSink,
};

/// How often the handlers have run.
static RUNS: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// A handler with or without history, for a test of its own number.
struct Handler<const HISTORY: bool, const TEST: usize>;

impl<const HISTORY: bool, const TEST: usize> ServerHandler for Handler<HISTORY, TEST> {
    type App = State;
    type Output<Taken> = ();

    const AUTH: Auth = Auth::Login;
    const HISTORY: Option<Keep> = if HISTORY {
        Some(Keep {
            count: None,
            age: None,
        })
    } else {
        None
    };

    fn describe(_: &mut impl TypeSink) {}

    fn prepare(_: &RequestContext<'_, State>) -> Result<PreparedCall, Failure> {
        Ok(async {
            RUNS[TEST].fetch_add(1, Ordering::SeqCst);
            OutputJson::encode(&json!({})).map_err(Failure::internal)
        }
        .boxed())
    }
}

/// A log that does not answer, and whether that is known.
struct Away(Arc<AtomicBool>);

impl Log for Away {
    fn is_available(&self) -> bool {
        !self.0.load(Ordering::SeqCst)
    }

    fn append(&self, _: Entry, _: Kept) -> LogFuture<'_, Offset> {
        async { Err(LogUnavailable) }.boxed()
    }

    fn heads<'a>(&'a self, _: &'a [RoomCode]) -> LogFuture<'a, Vec<Offset>> {
        async { Err(LogUnavailable) }.boxed()
    }

    fn read<'a>(&'a self, _: &'a RoomCode, _: &'a Offset, _: usize) -> LogFuture<'a, Page> {
        async { Err(LogUnavailable) }.boxed()
    }

    fn restart<'a>(&'a self, _: &'a RoomCode, _: &'a Offset) -> LogFuture<'a, Offset> {
        async { Err(LogUnavailable) }.boxed()
    }

    fn tail(&self) -> BoxStream<'static, Tailed> {
        stream::pending().boxed()
    }
}

/// A server whose log is away, with somebody in the room.
struct Setting {
    running: Running,
    _member: Client,
    cookie: String,
}

impl Setting {
    async fn new<const TEST: usize>(is_known: bool) -> Self {
        let routes = Routes::new()
            .server::<Handler<true, TEST>>(route("log/kept", 1))
            .server::<Handler<false, TEST>>(route("log/live", 1));
        let sessions = Sessions::in_memory();
        let away = Away(Arc::new(AtomicBool::new(is_known)));
        let sync = SyncServer::builder(State, routes, sessions.clone()).log(Box::new(away));
        let running = serve_built(sync).await;
        let member = Client::connect(&running).await;
        running.join(&member);

        let opened = sessions.open(user("ada")).await.expect("a session");
        let cookie = opened.set_cookie(&HeaderMap::new()).expect("a cookie");
        let cookie = cookie.to_str().expect("text");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let joined = running.server.sessions.join(&opened.key(), room()).await;
        assert!(joined.is_ok_and(|left| left.is_some()));
        Self {
            running,
            _member: member,
            cookie,
        }
    }

    async fn ask(&self, route: &str) -> Value {
        let body = json!({ "data": {}, "receiver": "room" }).to_string();
        let request = Request::post(format!("/sync/log/{route}/v1"))
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .expect("a request");
        let answer = self.running.router.clone().oneshot(request).await;
        let body = answer.unwrap_or_else(|never| match never {}).into_body();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_refused_and_told_to_nobody() {
    let setting = Setting::new::<0>(false).await;
    let refused = setting.ask("kept").await;
    assert_eq!(refused["errorCode"], "sync.clusterUnavailable");
    assert_eq!(refused["httpStatus"], 503);
    assert_eq!(RUNS[0].load(Ordering::SeqCst), 1);
    let awaited = &setting.running.server.history.awaited;
    assert!(awaited.is_empty(), "nobody waits for its deliveries");
    assert_eq!(setting.ask("live").await["status"], "success");
}

#[tokio::test]
async fn a_handler_does_not_run_where_the_log_is_known_to_be_away() {
    let setting = Setting::new::<1>(true).await;
    let refused = setting.ask("kept").await;
    assert_eq!(refused["errorCode"], "sync.clusterUnavailable");
    assert_eq!(RUNS[1].load(Ordering::SeqCst), 0);
    assert_eq!(setting.ask("live").await["status"], "success");
    assert_eq!(RUNS[1].load(Ordering::SeqCst), 1);
}

//! A real Redis, started, stopped and killed by each test, and requests to servers that share it.

use std::time::{Duration, Instant};

use axum::{Router, body::Body};
use http::{Request, header};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use tower::ServiceExt;

use super::{
    super::{Bucket, RateLimit, RateStore, Take},
    RedisRateLimits,
};
use crate::{
    App, Failure, HandlerOutput, Rate, RequestContext, RoomCode, Routes, Sessions, SyncServer,
    codegen,
    handler::server::{Auth, PreparedCall, ServerHandler},
    session::{
        AnySessions,
        conformance::{User, user},
        redis::server_for_tests::{PATIENCE, RedisServer},
    },
    typescript::TypeSink,
};

#[derive(Clone)]
struct State;

impl App for State {
    type User = User;
}

/// A route that may be used twice in a minute.
struct Limited;

impl ServerHandler for Limited {
    type App = State;
    type Output<Taken> = ();

    const AUTH: Auth = Auth::Login;
    const RATE_LIMIT: RateLimit = codegen::rate_limit(2, 60);

    fn describe(_: &mut impl TypeSink) {}

    fn prepare(_: &RequestContext<'_, State>) -> Result<PreparedCall, Failure> {
        Ok(Box::pin(async { ().answer() }))
    }
}

/// Somebody who may send to a room in which nobody listens.
struct Asker {
    sessions: Sessions<User>,
    cookie: String,
}

impl Asker {
    async fn new() -> Result<Self, Failure> {
        let sessions = Sessions::in_memory();
        let opened = sessions.open(user("ada")).await?;
        let room = RoomCode::parse("room")?;
        let joined = AnySessions::join(&sessions, &opened.key(), room).await;
        joined.map_err(Failure::internal)?;
        let cookie = opened.set_cookie(&http::HeaderMap::new())?;
        let cookie = cookie.to_str().expect("text").to_owned();
        Ok(Self { sessions, cookie })
    }

    /// A server that counts rates in Redis.
    fn node(&self, limits: RedisRateLimits) -> Router {
        let routes = Routes::new().server::<Limited>(codegen::route("test/limited", 1));
        let sync = SyncServer::builder(State, routes, self.sessions.clone());
        let sync = sync.rate_limits(limits).build().expect("good settings");
        sync.mount(Router::new())
    }

    /// In how many seconds a request would be allowed; none if it is.
    async fn ask(&self, node: &Router) -> Option<u64> {
        let request = Request::post("/sync/test/limited/v1")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(r#"{"data":{},"receiver":"room"}"#));
        let answer = node.clone().oneshot(request.expect("a request")).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
        let answer: Value = serde_json::from_slice(&body.expect("a body")).expect("JSON");
        if answer["errorCode"] == "sync.noReceiversFound" {
            return None;
        }
        assert_eq!(answer["errorCode"], "sync.rateLimitExceeded", "{answer}");
        assert_eq!(answer["errorParams"][0]["key"], "seconds");
        answer["errorParams"][0]["value"].as_u64()
    }
}

async fn limits(server: &RedisServer) -> RedisRateLimits {
    let limits = RedisRateLimits::connect(&server.url()).await;
    // A busy machine is no outage.
    limits
        .expect("a connection")
        .timeout(Duration::from_secs(5))
}

fn rate(count: u32, period: Duration) -> Rate {
    Rate::new(count, period).expect("a rate")
}

async fn take(limits: &RedisRateLimits, from: Bucket<'_>, rate: Rate) -> Result<(), Duration> {
    RateStore::take(limits, &[Take { from, rate }]).await
}

#[tokio::test]
async fn servers_that_share_a_redis_share_the_budget() -> Result<(), Failure> {
    let server = RedisServer::start().await;
    let asker = Asker::new().await?;
    let one = asker.node(limits(&server).await);
    let other = asker.node(limits(&server).await);
    assert_eq!(asker.ask(&one).await, None);
    assert_eq!(asker.ask(&other).await, None);
    for node in [&one, &other] {
        let seconds = asker.ask(node).await.expect("a refusal");
        assert!((20..=30).contains(&seconds), "{seconds}");
    }
    let apart = asker.node(limits(&server).await.prefix("other:"));
    assert_eq!(asker.ask(&apart).await, None);
    Ok(())
}

#[tokio::test]
async fn a_bucket_fills_again_and_then_leaves_no_key_behind() {
    let server = RedisServer::start().await;
    let limits = limits(&server).await;
    let slow = rate(2, Duration::from_secs(3));
    let bucket = Bucket::RouteOfUser("sync/a/b/v1", "ada");
    let began = Instant::now();
    assert_eq!(take(&limits, bucket, slow).await, Ok(()));
    assert_eq!(take(&limits, bucket, slow).await, Ok(()));
    let wait = take(&limits, bucket, slow).await.expect_err("a refusal");
    assert!(wait <= Duration::from_millis(1500), "{wait:?}");
    while take(&limits, bucket, slow).await.is_err() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(began.elapsed() >= Duration::from_millis(1500));

    let mut connection = limits.connection.clone();
    let keys = redis::cmd("KEYS").arg("*").to_owned();
    let found: Vec<String> = keys.query_async(&mut connection).await.expect("keys");
    assert_eq!(found, ["sync:rate:sync/a/b/v1:user:ada"]);
    loop {
        let found: Vec<String> = keys.query_async(&mut connection).await.expect("keys");
        if found.is_empty() {
            break;
        }
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_whole_burst_is_allowed_also_where_the_period_does_not_divide() {
    let server = RedisServer::start().await;
    let limits = limits(&server).await;
    for count in [1, 3, 7, 999] {
        let route = format!("sync/a/b/v{count}");
        let odd = rate(count, Duration::from_hours(24));
        for _ in 0..count {
            assert_eq!(take(&limits, Bucket::Route(&route), odd).await, Ok(()));
        }
        assert!(take(&limits, Bucket::Route(&route), odd).await.is_err());
    }
}

#[tokio::test]
async fn buckets_are_taken_from_in_order_up_to_an_empty_one() {
    let server = RedisServer::start().await;
    let limits = limits(&server).await;
    let once = rate(1, Duration::from_hours(1));
    let first = Bucket::Address(super::super::Address::known([192, 0, 2, 1].into()));
    let (second, third) = (Bucket::Route("sync/a/b/v1"), Bucket::Route("sync/a/b/v2"));
    let both = |second| {
        [first, second].map(|from| Take {
            from,
            rate: if matches!(from, Bucket::Address(_)) {
                rate(2, Duration::from_hours(1))
            } else {
                once
            },
        })
    };
    assert_eq!(limits.take(&both(second)).await, Ok(()));
    let wait = limits.take(&both(second)).await.expect_err("a refusal");
    assert!(wait > Duration::from_mins(50), "{wait:?}");
    let wait = limits.take(&both(third)).await.expect_err("a refusal");
    assert!(wait <= Duration::from_mins(30), "{wait:?}");
    assert_eq!(take(&limits, third, once).await, Ok(()));
}

#[tokio::test]
async fn a_bucket_is_never_emptier_than_its_rate_makes_it() {
    let server = RedisServer::start().await;
    let limits = limits(&server).await;
    let bucket = Bucket::Route("sync/a/b/v1");
    let slow = rate(1, Duration::from_hours(24));
    assert_eq!(take(&limits, bucket, slow).await, Ok(()));
    let fast = rate(10, Duration::from_secs(10));
    let wait = take(&limits, bucket, fast).await.expect_err("a refusal");
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
}

/// All requests of this test are made in one thread, whose recorder they count in.
#[tokio::test(flavor = "current_thread")]
async fn while_redis_is_gone_each_server_counts_alone_and_then_they_share_again()
-> Result<(), Failure> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);

    let server = RedisServer::start().await;
    let port = server.port;
    let asker = Asker::new().await?;
    let one = asker.node(limits(&server).await);
    let other = asker.node(limits(&server).await);
    for _ in 0..2 {
        assert_eq!(asker.ask(&one).await, None);
    }
    assert!(asker.ask(&other).await.is_some());
    assert!(!metrics.render().contains("sync_rate_limit_fallbacks_total"));

    drop(server);
    for node in [&one, &other] {
        for _ in 0..2 {
            assert_eq!(asker.ask(node).await, None);
        }
        let seconds = asker.ask(node).await.expect("a refusal");
        assert!((20..=30).contains(&seconds), "{seconds}");
    }
    let page = metrics.render();
    let line = "sync_rate_limit_fallbacks_total 6";
    assert!(page.lines().any(|found| found == line), "{page}");

    // The new one knows nothing of what was taken before.
    let _server = RedisServer::start_at(port).await;
    let began = Instant::now();
    while asker.ask(&one).await.is_some() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    while asker.ask(&other).await.is_some() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(asker.ask(&one).await.is_some());
    Ok(())
}

#[tokio::test]
async fn a_redis_that_hangs_slows_one_request_by_its_timeout_and_the_next_not_at_all() {
    let server = RedisServer::start().await;
    let limits = RedisRateLimits::connect(&server.url()).await;
    let limits = limits.expect("a connection");
    let bucket = Bucket::Route("sync/a/b/v1");
    let often = rate(1000, Duration::from_hours(1));
    server.signal("-STOP");

    let began = Instant::now();
    assert_eq!(take(&limits, bucket, often).await, Ok(()));
    let first = began.elapsed();
    assert!(first >= super::DEFAULT_TIMEOUT, "{first:?}");
    assert!(first < Duration::from_secs(3), "{first:?}");
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(take(&limits, bucket, often).await, Ok(()));
    }
    // Were each of them slowed, it would take ten seconds.
    let rest = began.elapsed();
    assert!(rest < Duration::from_secs(3), "{rest:?}");

    server.signal("-CONT");
    while !limits.outage.answers() {
        assert_eq!(take(&limits, bucket, often).await, Ok(()));
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_wrong_address_is_an_error_at_once() {
    for url in ["nonsense", "redis://127.0.0.1:1/"] {
        let began = Instant::now();
        assert!(RedisRateLimits::connect(url).await.is_err(), "{url}");
        assert!(began.elapsed() < PATIENCE);
    }
}

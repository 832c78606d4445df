//! Nodes that share a real Redis, which each test starts for itself.

use std::time::Instant;

use redis::AsyncCommands;

use super::*;
use crate::{
    Failure,
    handler::output::OutputJson,
    redis_connection,
    repeats::RequestId,
    session::redis::server_for_tests::{PATIENCE, RedisServer},
};

const LEASE: Duration = Duration::from_secs(20);

async fn node(server: &RedisServer) -> RedisRepeats {
    node_with(server, LEASE, Handle::current()).await
}

async fn node_with(server: &RedisServer, lease: Duration, runtime: Handle) -> RedisRepeats {
    let settings = Settings {
        prefix: "test:".into(),
        timeout: Duration::from_secs(2),
        lease,
        bounds: MemoryBounds {
            window: Duration::from_mins(5),
            answers: 100,
            bytes: 100_000,
        },
    };
    RedisRepeats::new(connection(server).await, runtime, settings)
}

async fn connection(server: &RedisServer) -> ConnectionManager {
    let connected = redis_connection::connect(&server.url(), PATIENCE).await;
    connected.expect("the Redis that was just started").1
}

fn attempt(id: &str, data: &str) -> Attempt {
    Attempt {
        key: RequestKey {
            sender: RequestSender::User("ada".into()),
            route: "sync/board/moveCard/v1".into(),
            id: RequestId::parse(id).expect("an id"),
        },
        content: Content::of("room", false, data),
        is_repeat: false,
    }
}

fn repeat(id: &str) -> Attempt {
    Attempt {
        is_repeat: true,
        ..attempt(id, "{}")
    }
}

async fn begin(node: &RedisRepeats, id: &str) -> Begun {
    let begun = node.begin(&attempt(id, "{}")).await;
    begun.expect("Redis answers")
}

async fn claim(node: &RedisRepeats, id: &str) -> Box<dyn Claim> {
    match begin(node, id).await {
        Begun::First(claim) => claim,
        _ => panic!("{id} is known"),
    }
}

/// Waits, as the pipeline does, until a request has ended or is to run here.
async fn end(node: &RedisRepeats, attempt: &Attempt) -> Result<Begun, Forgetful> {
    loop {
        match node.begin(attempt).await? {
            Begun::Running(over) => over.await,
            ended => return Ok(ended),
        }
    }
}

fn answer(text: &str) -> Arc<Answer> {
    let output = OutputJson::encode(&serde_json::json!({ "text": text }));
    Arc::new(output.map_err(Failure::internal))
}

fn text(begun: Result<Begun, Forgetful>) -> String {
    match begun {
        Ok(Begun::Before(answer)) => {
            let output = answer.as_ref().as_ref().map(OutputJson::bare);
            output.unwrap_or_else(ToString::to_string)
        }
        Ok(Begun::First(_)) => "first".into(),
        Ok(Begun::Running(_)) => "running".into(),
        Ok(Begun::Other) => "other".into(),
        Err(Forgetful) => "unknown".into(),
    }
}

async fn key_of(server: &RedisServer) -> String {
    let keys: Vec<String> = connection(server).await.keys("test:*").await.expect("keys");
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys.into_iter().next().expect("one key")
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_request_that_is_made_on_two_nodes_at_once_runs_on_one_and_answers_both() {
    let server = RedisServer::start().await;
    let (one, other) = (node(&server).await, node(&server).await);
    let first = claim(&one, "a").await;
    assert_eq!(text(Ok(begin(&other, "a").await)), "running");
    let attempt = attempt("a", "{}");
    let (waited, ()) = tokio::join!(end(&other, &attempt), first.remember(answer("hi")));
    assert_eq!(text(waited), r#"{"text":"hi"}"#);
    assert_eq!(text(Ok(begin(&one, "a").await)), r#"{"text":"hi"}"#);
    let third = node(&server).await;
    assert_eq!(text(Ok(begin(&third, "a").await)), r#"{"text":"hi"}"#);
}

#[tokio::test]
async fn a_failure_is_remembered_on_all_nodes_and_another_content_is_refused_there() {
    let server = RedisServer::start().await;
    let (one, other) = (node(&server).await, node(&server).await);
    let failure = Failure::new("test.failed", "It failed.");
    let first = claim(&one, "a").await;
    first.remember(Arc::new(Err(failure))).await;
    assert_eq!(
        text(Ok(begin(&other, "a").await)),
        "test.failed: It failed."
    );
    let begun = other.begin(&attempt("a", r#"{"else":1}"#)).await;
    assert_eq!(text(begun), "other");
}

#[tokio::test]
async fn a_request_that_came_to_nothing_runs_elsewhere_at_once() {
    let server = RedisServer::start().await;
    let (one, other) = (node(&server).await, node(&server).await);
    drop(claim(&one, "a").await);
    let ended = timeout(LEASE / 2, end(&other, &repeat("a"))).await;
    assert_eq!(ended.map(text).as_deref(), Ok("first"));
}

#[tokio::test]
async fn a_request_that_was_given_up_is_judged_anew_as_soon_as_it_has_been() {
    let server = RedisServer::start().await;
    let (one, other) = (node(&server).await, node(&server).await);
    for (id, node) in [("a", &one), ("b", &other)] {
        claim(&one, id).await.give_up().await;
        let begun = node.begin(&attempt(id, "another content")).await;
        assert_eq!(text(begun), "first");
    }
}

#[tokio::test]
async fn the_claim_of_a_node_that_died_ends_with_its_lease() {
    let server = RedisServer::start().await;
    let lease = Duration::from_secs(3);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let dying = node_with(&server, lease, runtime.handle().clone()).await;
    let claim = claim(&dying, "a").await;
    // What was a part of it does nothing any more.
    runtime.shutdown_background();
    std::mem::forget(claim);
    let other = node(&server).await;
    assert_eq!(text(other.begin(&repeat("a")).await), "running");
    let ended = timeout(PATIENCE, end(&other, &repeat("a"))).await;
    assert_eq!(ended.map(text).as_deref(), Ok("first"));
}

#[tokio::test]
async fn a_claim_lives_as_long_as_its_request_runs_also_when_redis_forgets_it() {
    let server = RedisServer::start().await;
    let lease = Duration::from_secs(8);
    let one = node_with(&server, lease, Handle::current()).await;
    let first = claim(&one, "a").await;
    let key = key_of(&server).await;
    let mut redis = connection(&server).await;
    let _: () = redis.pexpire(&key, 6_000).await.expect("shorter");
    until("the claim is prolonged", async || {
        let left: i64 = redis.pttl(&key).await.expect("a life");
        left > 6_000
    })
    .await;
    let _: () = redis.del(&key).await.expect("forgotten");
    until("the claim is there again", async || {
        redis.exists(&key).await.expect("an answer")
    })
    .await;
    drop(first);
    until("the claim is taken back", async || {
        let exists: bool = redis.exists(&key).await.expect("an answer");
        !exists
    })
    .await;
}

#[tokio::test]
async fn while_redis_is_away_first_attempts_run_repeats_are_refused_and_answers_are_told_later() {
    let server = RedisServer::start().await;
    let (one, other) = (node(&server).await, node(&server).await);
    let begun_before = claim(&one, "a").await;
    let port = server.port;
    drop(server);

    let begun_meanwhile = claim(&one, "b").await;
    begun_before.remember(answer("a")).await;
    begun_meanwhile.remember(answer("b")).await;
    for id in ["a", "b", "c"] {
        assert_eq!(text(other.begin(&repeat(id)).await), "unknown");
    }
    // What ran here is known here.
    assert_eq!(text(one.begin(&repeat("b")).await), r#"{"text":"b"}"#);

    let server = RedisServer::start_at(port).await;
    let mut redis = connection(&server).await;
    until("Redis is told", async || {
        let known: Vec<String> = redis.keys("test:*").await.expect("keys");
        known.len() == 2
    })
    .await;
    for (id, known) in [("a", r#"{"text":"a"}"#), ("b", r#"{"text":"b"}"#)] {
        until("the other node knows", async || {
            text(other.begin(&repeat(id)).await) == known
        })
        .await;
    }
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_by_one_request() {
    let server = RedisServer::start().await;
    let node = node(&server).await;
    server.signal("-STOP");
    let began = Instant::now();
    for id in ["a", "b", "c", "d", "e"] {
        drop(claim(&node, id).await);
    }
    let waited = began.elapsed();
    server.signal("-CONT");
    assert!(waited < Duration::from_secs(6), "{waited:?}");
}

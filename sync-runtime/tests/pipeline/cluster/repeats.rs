//! Requests that are made again on another node.

use serde_json::{Value, json};
use sync_runtime::{Config, Sessions};

use super::{Cluster, hears_nothing_more, member, node, redis_server::RedisServer};
use crate::{
    client::Client,
    repeats::{COUNT, WAIT, routes},
};

async fn cluster() -> Cluster {
    let redis = RedisServer::start().await;
    let (sessions, config) = (Sessions::in_memory(), Config::default());
    let one = node(&redis, routes(), &sessions, &config).await;
    let other = node(&redis, routes(), &sessions, &config).await;
    Cluster { redis, one, other }
}

async fn begin(client: &mut Client, route: &str, more: Value) -> String {
    let data = json!({ "note": "hi" });
    let index = client.begin_with(route, "room", data, more).await;
    format!("sync-{index}")
}

async fn ask(client: &mut Client, route: &str, more: Value) -> Value {
    let answer = begin(client, route, more).await;
    client.hear(&answer).await
}

#[tokio::test]
async fn a_request_that_is_made_again_on_another_node_runs_once_and_is_heard_once() {
    let cluster = cluster().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut again = member(&cluster.other, "ada").await;
    let mut grace = member(&cluster.other, "grace").await;
    let first = ask(&mut ada, COUNT, json!({ "requestId": "a" })).await;
    assert_eq!(first["status"], "success");
    let repeat = json!({ "requestId": "a", "repeat": true });
    assert_eq!(ask(&mut again, COUNT, repeat).await, first);
    assert_eq!(grace.hear("sync").await["serverOutput"]["times"], 1);
    // The first that runs there.
    let other = ask(&mut again, COUNT, json!({ "requestId": "b" })).await;
    assert_eq!(other["result"]["times"], 1);
    assert_eq!(grace.hear("sync").await["serverOutput"]["times"], 1);
    hears_nothing_more(&mut grace).await;

    let data = json!({ "note": "else" });
    let more = json!({ "requestId": "a" });
    let index = again.begin_with(COUNT, "room", data, more).await;
    let refused = again.hear(&format!("sync-{index}")).await;
    assert_eq!(refused["errorCode"], "sync.requestIdReused");
}

#[tokio::test]
async fn a_repeat_waits_for_the_node_that_runs_the_request() {
    let cluster = cluster().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut again = member(&cluster.other, "ada").await;
    let first = begin(&mut ada, WAIT, json!({ "requestId": "a" })).await;
    cluster.one.begun().await;
    let repeat = begin(&mut again, WAIT, json!({ "requestId": "a" })).await;
    cluster.one.go_on();
    let answer = ada.hear(&first).await;
    assert_eq!(answer["result"]["times"], 1);
    assert_eq!(again.hear(&repeat).await, answer);
}

#[tokio::test]
async fn while_redis_is_away_only_what_was_made_before_is_refused() {
    let cluster = cluster().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut again = member(&cluster.other, "ada").await;
    let (_port, _one, _other) = cluster.kill_redis();
    let first = ask(&mut ada, COUNT, json!({ "requestId": "a" })).await;
    assert_eq!(first["status"], "success");
    let repeat = || json!({ "requestId": "a", "repeat": true });
    let refused = ask(&mut again, COUNT, repeat()).await;
    assert_eq!(refused["errorCode"], "sync.clusterUnavailable");
    assert_eq!(ask(&mut ada, COUNT, repeat()).await, first);
}

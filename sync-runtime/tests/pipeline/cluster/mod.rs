//! What an app relies on of several nodes, with a real Redis between them.

mod presence;
mod repeats;

#[path = "../../../src/session/redis/server_for_tests.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
pub mod redis_server;

use std::time::Duration;

use serde_json::{Value, json};
use sync_runtime::{
    Config, Hooks, Member, Publisher, RedisCluster, RedisSessions, Routes, Sessions,
};

use self::redis_server::{PATIENCE, RedisServer};
use crate::{
    app::{AppState, Server, User, routes},
    client::{Client, post},
    publish,
};

/// Two nodes of one app, with a Redis between them.
struct Cluster {
    redis: RedisServer,
    one: Server,
    other: Server,
}

impl Cluster {
    async fn start() -> Self {
        Self::with(routes(), Config::default()).await
    }

    /// The other node has these routes, and both this configuration.
    async fn with(of_other: Routes<AppState>, config: Config) -> Self {
        let redis = RedisServer::start().await;
        // Shared in memory, so that they do not go with Redis.
        let sessions = Sessions::in_memory();
        let one = node(&redis, routes(), &sessions, &config).await;
        let other = node(&redis, of_other, &sessions, &config).await;
        Self { redis, one, other }
    }

    /// Kills Redis; it can be started again at the same port.
    fn kill_redis(self) -> (u16, Server, Server) {
        (self.redis.port, self.one, self.other)
    }
}

async fn node(
    redis: &RedisServer,
    routes: Routes<AppState>,
    sessions: &Sessions<User>,
    config: &Config,
) -> Server {
    let cluster = RedisCluster::connect(&redis.url()).await;
    let cluster = cluster.expect("a Redis that answers");
    Server::built(routes, sessions.clone(), |server| {
        server.config(config.clone()).cluster(cluster)
    })
}

async fn member(server: &Server, name: &str) -> Client {
    let cookie = server.log_in(name).await;
    member_as(server, &cookie).await
}

async fn member_as(server: &Server, cookie: &str) -> Client {
    let mut client = Client::connect(&server.router, cookie).await;
    let joined = client.room("joinRoom", "room").await;
    assert_eq!(joined["rooms"], json!(["room"]));
    client
}

async fn say(client: &mut Client, text: &str) -> Value {
    let data = json!({ "text": text });
    client.request("test/echo/v1", "room", data).await
}

/// What the next delivery says.
async fn heard(client: &mut Client) -> Value {
    client.hear("sync").await["serverOutput"]["text"].clone()
}

/// All that was sent to a client until now was heard of: nothing is left.
async fn hears_nothing_more(client: &mut Client) {
    client.list().await;
    assert_eq!(client.take_deliveries(), [] as [Value; 0]);
}

async fn get(server: &Server, path: &str) -> axum::response::Response {
    let request = axum::http::Request::get(path).body(axum::body::Body::empty());
    let router = server.router.clone();
    let answer = tower::ServiceExt::oneshot(router, request.expect("a request")).await;
    answer.unwrap_or_else(|never| match never {})
}

async fn status(server: &Server, path: &str) -> (u16, String) {
    let answer = get(server, path).await;
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
    let body = body.expect("a body");
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let all = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, all).await;
    assert!(in_time.is_ok(), "not in time: {what}");
}

#[tokio::test]
async fn what_is_sent_on_any_node_is_delivered_on_all_once_and_in_order() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut grace = member(&cluster.other, "grace").await;
    for number in 0..20 {
        let text = number.to_string();
        assert_eq!(say(&mut ada, &text).await["status"], "success");
    }
    for number in 0..20 {
        assert_eq!(heard(&mut ada).await, number.to_string());
        assert_eq!(heard(&mut grace).await, number.to_string());
    }
    say(&mut grace, "back").await;
    assert_eq!(heard(&mut ada).await, "back");
    assert_eq!(heard(&mut grace).await, "back");
    hears_nothing_more(&mut ada).await;
    hears_nothing_more(&mut grace).await;
}

#[tokio::test]
async fn the_client_file_runs_where_the_recipient_is_with_its_own_session() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut others = Vec::new();
    for name in ["grace", "spy", "deaf"] {
        others.push(member(&cluster.other, name).await);
    }
    ada.request("test/shaped/v1", "room", json!({ "owner": "grace" }))
        .await;
    assert_eq!(ada.hear("sync").await["clientOutput"]["is_yours"], false);
    let [grace, spy, deaf] = &mut others[..] else {
        panic!("three others");
    };
    let hers = grace.hear("sync").await;
    assert_eq!(hers["serverOutput"]["owner"], "grace");
    assert_eq!(hers["clientOutput"]["is_yours"], true);
    assert_eq!(spy.hear("sync").await["errorCode"], "test.spy");
    say(&mut ada, "next").await;
    assert_eq!(heard(deaf).await, "next");
}

/// How often scripts have been run, which is how sessions are read.
async fn scripts_run(redis: &RedisServer) -> usize {
    let client = redis::Client::open(redis.url()).expect("an address");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("a Redis that answers");
    let stats: String = redis::cmd("INFO")
        .arg("commandstats")
        .query_async(&mut connection)
        .await
        .expect("what it was asked");
    let calls = stats.split("cmdstat_evalsha:calls=").nth(1);
    let calls = calls.and_then(|rest| rest.split(',').next()?.parse().ok());
    calls.expect("a count")
}

#[tokio::test]
async fn sessions_in_redis_are_read_for_each_request_and_not_for_each_recipient() {
    let redis = RedisServer::start().await;
    let store = RedisSessions::connect(&redis.url()).await;
    let sessions = Sessions::new(store.expect("a Redis that answers"));
    let server = Server::of(sessions, Hooks::new());
    let mut members = Vec::new();
    for name in ["ada", "grace", "barbara", "frances"] {
        members.push(member(&server, name).await);
    }
    let before = scripts_run(&redis).await;
    for _ in 0..3 {
        let input = json!({ "owner": "grace" });
        members[0].request("test/shaped/v1", "room", input).await;
        for (number, member) in members.iter_mut().enumerate() {
            let delivery = member.hear("sync").await;
            assert_eq!(delivery["clientOutput"]["is_yours"], number == 1);
        }
    }
    assert_eq!(scripts_run(&redis).await - before, 3);
}

#[tokio::test]
async fn a_sender_that_ignores_itself_does_so_on_all_nodes() {
    let cluster = Cluster::start().await;
    let cookie = cluster.one.log_in("ada").await;
    let mut ada = member_as(&cluster.one, &cookie).await;
    let mut her_tab = member_as(&cluster.other, &cookie).await;
    let mut grace = member(&cluster.other, "grace").await;
    let packet = json!({
        "name": "sync/test/echo/v1", "cb": "test/echo/v1", "data": { "text": "hi" },
        "receiver": "room", "responseIndex": 99, "ignoreSelf": true,
    });
    ada.emit("sync", &packet).await;
    ada.hear("sync-99").await;
    assert_eq!(heard(&mut grace).await, "hi");
    hears_nothing_more(&mut her_tab).await;
    hears_nothing_more(&mut ada).await;
}

#[tokio::test]
async fn a_broadcast_reaches_members_on_other_nodes_in_order_before_the_delivery() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut grace = member(&cluster.other, "grace").await;
    let data = json!({ "pieces": ["Good ", "morning"] });
    ada.request("stream/say/v1", "room", data).await;
    for client in [&mut ada, &mut grace] {
        assert_eq!(client.hear("sync").await["chunk"], "Good ");
        assert_eq!(client.hear("sync").await["chunk"], "morning");
        assert_eq!(client.hear("sync").await["status"], "success");
    }
    // What came twice would be heard before what follows.
    say(&mut grace, "next").await;
    for client in [&mut ada, &mut grace] {
        assert_eq!(heard(client).await, "next");
    }
}

#[tokio::test]
async fn a_stream_to_chosen_users_or_sessions_reaches_them_on_all_nodes_once() {
    let cluster = Cluster::start().await;
    let cookie = cluster.one.log_in("ada").await;
    // In no room: it was connected before the session joined one.
    let mut her_tab = Client::connect(&cluster.other.router, &cookie).await;
    let mut ada = member_as(&cluster.one, &cookie).await;
    let mut eve = Client::connect(&cluster.other.router, &cluster.one.log_in("eve").await).await;
    let data = json!({ "users": ["ada", "ada"] });
    ada.request("stream/tell/v1", "room", data).await;
    assert_eq!(her_tab.hear("sync").await["step"], 7);
    ada.request("stream/tellMe/v1", "room", json!({})).await;
    assert_eq!(her_tab.hear("sync").await["step"], 8);
    hears_nothing_more(&mut her_tab).await;
    hears_nothing_more(&mut eve).await;
}

#[tokio::test]
async fn members_that_are_only_elsewhere_are_receivers_and_nobody_anywhere_is_none() {
    let cluster = Cluster::start().await;
    let cookie = cluster.one.log_in("ada").await;
    let mut ada = member_as(&cluster.other, &cookie).await;
    let post_here = || {
        let body = json!({ "data": { "text": "hi" }, "receiver": "room" });
        let router = &cluster.one.router;
        let cookie = &cookie;
        async move { post(router, "/sync/test/echo/v1", cookie, &body).await }
    };
    assert_eq!(post_here().await.0, 200);
    assert_eq!(heard(&mut ada).await, "hi");

    ada.close().await;
    until("nobody is there any more", async || {
        let (status, answer) = post_here().await;
        status == 404 && answer.contains("sync.noReceiversFound")
    })
    .await;
}

#[tokio::test]
async fn without_redis_members_here_go_on_hearing_and_all_hear_each_other_again_when_it_is_back() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut ben = member(&cluster.one, "ben").await;
    let mut grace = member(&cluster.other, "grace").await;
    let (port, one, other) = cluster.kill_redis();

    say(&mut ada, "alone").await;
    assert_eq!(heard(&mut ben).await, "alone");
    until("both are not ready", async || {
        let not_ready = (503, "the cluster does not answer".into());
        status(&one, "/readyz").await == not_ready && status(&other, "/readyz").await == not_ready
    })
    .await;
    let mut late = member(&other, "late").await;
    say(&mut grace, "here").await;
    assert_eq!(heard(&mut late).await, "here");

    let _redis = RedisServer::start_at(port).await;
    for client in [&mut ada, &mut ben, &mut grace, &mut late] {
        let gap = client.hear("sync-gap").await;
        assert_eq!(gap, json!({ "rooms": ["room"], "reason": "cluster" }));
    }
    until("both are ready", async || {
        status(&one, "/readyz").await.0 == 200 && status(&other, "/readyz").await.0 == 200
    })
    .await;
    for client in [&mut ada, &mut grace, &mut late] {
        client.list().await;
        client.take_deliveries();
    }
    say(&mut ada, "again").await;
    for client in [&mut ada, &mut grace, &mut late] {
        assert_eq!(heard(client).await, "again");
    }
}

#[tokio::test]
async fn without_redis_a_room_with_nobody_here_cannot_be_told_from_one_with_nobody_anywhere() {
    let cluster = Cluster::start().await;
    let cookie = cluster.one.log_in("ada").await;
    let _ada = member_as(&cluster.other, &cookie).await;
    let (_, one, _other) = cluster.kill_redis();
    let body = json!({ "data": { "text": "hi" }, "receiver": "room" });
    let (status, answer) = post(&one.router, "/sync/test/echo/v1", &cookie, &body).await;
    assert_eq!(status, 503);
    assert!(answer.contains("sync.clusterUnavailable"), "{answer}");
}

#[tokio::test]
async fn members_are_told_of_what_another_node_could_not_say() {
    let config = Config {
        cluster_publish_bytes: 1,
        ..Config::default()
    };
    let cluster = Cluster::with(routes(), config).await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut grace = member(&cluster.other, "grace").await;
    cluster.redis.signal("-STOP");
    for text in ["waits", "has no room", "has none either"] {
        say(&mut ada, text).await;
    }
    cluster.redis.signal("-CONT");
    assert_eq!(heard(&mut grace).await, "waits");
    let gap = grace.hear("sync-gap").await;
    assert_eq!(gap, json!({ "rooms": ["room"], "reason": "cluster" }));
    hears_nothing_more(&mut grace).await;
    assert!(!grace.has_heard("sync-gap"));
}

#[tokio::test]
async fn a_delivery_of_a_route_that_a_node_does_not_know_is_a_gap_there() {
    let cluster = Cluster::with(Routes::new(), Config::default()).await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut grace = member(&cluster.other, "grace").await;
    say(&mut ada, "news").await;
    let gap = grace.hear("sync-gap").await;
    assert_eq!(gap, json!({ "rooms": ["room"], "reason": "unknownRoute" }));
    hears_nothing_more(&mut grace).await;
}

#[tokio::test]
async fn whoever_is_taken_out_of_a_room_is_out_on_all_nodes_and_stays_out() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let cookie = cluster.one.log_in("grace").await;
    let mut phone = member_as(&cluster.one, &cookie).await;
    let mut laptop = member_as(&cluster.other, &cookie).await;
    let grace = Member::user("grace");
    let removed = cluster.one.sync.remove_from_room(grace, "room").await;
    assert!(removed.is_ok());
    for client in [&mut phone, &mut laptop] {
        let left = client.hear("sync-room-left").await;
        assert_eq!(left, json!({ "room": "room" }));
        assert_eq!(client.list().await, json!({ "rooms": [] }));
    }
    say(&mut ada, "without her").await;
    for client in [&mut phone, &mut laptop] {
        hears_nothing_more(client).await;
    }
    let mut back = Client::connect(&cluster.other.router, &cookie).await;
    assert_eq!(back.list().await, json!({ "rooms": [] }));
}

#[tokio::test]
async fn a_node_that_dies_is_noticed_and_one_that_goes_in_good_order_leaves_nothing() {
    let config = Config {
        cluster_alive_every: Duration::from_millis(50),
        cluster_dead_after: Duration::from_millis(500),
        shutdown_spread: Duration::ZERO,
        ..Config::default()
    };
    let cluster = Cluster::with(routes(), config.clone()).await;
    let mut ada = member(&cluster.one, "ada").await;
    let nodes = async || {
        let count = std::process::Command::new("redis-cli")
            .args(["-p", &cluster.redis.port.to_string(), "ZCARD", "sync:nodes"])
            .output()
            .expect("`redis-cli` can be run");
        String::from_utf8_lossy(&count.stdout).trim().to_owned()
    };
    until("both live", async || nodes().await == "2").await;
    cluster.other.sync.shutdown().await;
    assert_eq!(nodes().await, "1");

    let url = cluster.redis.url();
    // What dies with it is all that the node runs.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let _dying = runtime.spawn(async move {
        let cluster = RedisCluster::connect(&url).await.expect("Redis answers");
        Server::built(routes(), Sessions::in_memory(), |server| {
            server.config(config).cluster(cluster)
        })
    });
    until("the third lives", async || nodes().await == "2").await;
    ada.list().await;
    assert!(!ada.has_heard("sync-gap"), "nobody has died yet");
    runtime.shutdown_background();
    let gap = ada.hear("sync-gap").await;
    assert_eq!(gap, json!({ "rooms": ["room"], "reason": "cluster" }));
}

#[tokio::test]
async fn nodes_on_one_redis_are_told_from_those_on_another() {
    let (one, other) = (Cluster::start().await, Cluster::start().await);
    let seen = async |server: &Server| {
        let ready = get(server, "/readyz").await;
        let header = |name| ready.headers().get(name).cloned();
        (header("sync-cluster"), header("sync-cluster-nodes"))
    };
    for server in [&one.one, &one.other, &other.one, &other.other] {
        let two = async || seen(server).await.1.is_some_and(|nodes| nodes == "2");
        until("both nodes are seen", two).await;
    }
    assert_eq!(seen(&one.one).await, seen(&one.other).await);
    assert_eq!(seen(&other.one).await, seen(&other.other).await);
    assert_ne!(seen(&one.one).await, seen(&other.one).await);
}

#[tokio::test]
async fn sessions_and_members_shared_through_redis_work_together() {
    let redis = RedisServer::start().await;
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let sessions = Sessions::new(redis.store().await);
        nodes.push(node(&redis, routes(), &sessions, &Config::default()).await);
    }
    let cookie = nodes[0].log_in("ada").await;
    let mut ada = member_as(&nodes[0], &cookie).await;
    // The rooms of a session are found again on any node.
    let mut her_tab = Client::connect(&nodes[1].router, &cookie).await;
    assert_eq!(her_tab.list().await, json!({ "rooms": ["room"] }));
    say(&mut ada, "hi").await;
    assert_eq!(heard(&mut her_tab).await, "hi");
}

#[tokio::test]
async fn who_joins_a_replayed_stream_on_another_node_hears_it_from_the_beginning_once() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let data = json!({ "pieces": ["Once ", "upon"] });
    let index = ada.begin("stream/replayed/v1", "room", data).await;
    assert_eq!(ada.hear("sync").await["chunk"], "Once ");
    assert_eq!(ada.hear("sync").await["chunk"], "upon");
    // The first of them makes the other node hear of the room, and the second finds it there.
    let mut grace = member(&cluster.other, "grace").await;
    assert_eq!(grace.hear("sync").await["chunk"], "Once ");
    assert_eq!(grace.hear("sync").await["chunk"], "upon");
    let mut late = member(&cluster.other, "late").await;
    assert_eq!(late.hear("sync").await["chunk"], "Once ");
    assert_eq!(late.hear("sync").await["chunk"], "upon");
    cluster.one.go_on();
    ada.hear(&format!("sync-{index}")).await;
    for client in [&mut grace, &mut late] {
        assert_eq!(client.hear("sync").await["chunk"], ", and so on");
        assert_eq!(client.hear("sync").await["status"], "success");
    }
    // When it is over there is nothing to replay.
    let mut after = member(&cluster.other, "after").await;
    say(&mut ada, "the end").await;
    assert_eq!(heard(&mut after).await, "the end");
}

#[tokio::test]
async fn a_fan_out_costs_redis_one_message_whatever_the_number_of_members() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut others = Vec::new();
    for number in 0..5 {
        others.push(member(&cluster.other, &format!("user {number}")).await);
    }
    let published = || {
        let stats = std::process::Command::new("redis-cli")
            .args([
                "-p",
                &cluster.redis.port.to_string(),
                "INFO",
                "commandstats",
            ])
            .output()
            .expect("`redis-cli` can be run");
        let stats = String::from_utf8_lossy(&stats.stdout).into_owned();
        let calls = stats.split("cmdstat_publish:calls=").nth(1);
        let calls = calls.and_then(|calls| calls.split(',').next()?.parse().ok());
        calls.unwrap_or(0_u64)
    };
    let before = published();
    for _ in 0..10 {
        say(&mut ada, "hi").await;
    }
    for other in &mut others {
        for _ in 0..10 {
            heard(other).await;
        }
    }
    assert_eq!(published() - before, 10);
}

/// A node with a publisher that is its own.
async fn desk(redis: &RedisServer, sessions: &Sessions<User>) -> (Server, Publisher) {
    let cluster = RedisCluster::connect(&redis.url()).await;
    let cluster = cluster.expect("a Redis that answers");
    let publisher = Publisher::new();
    let server = Server::built(publish::routes(), sessions.clone(), |server| {
        server.cluster(cluster).publisher(&publisher)
    });
    (server, publisher)
}

#[tokio::test]
async fn what_is_published_on_any_node_is_heard_on_all_once_and_in_order() {
    let redis = RedisServer::start().await;
    let sessions = Sessions::in_memory();
    let (one, publisher) = desk(&redis, &sessions).await;
    let (other, other_publisher) = desk(&redis, &sessions).await;
    let mut ada = member(&one, "ada").await;
    let mut grace = member(&other, "grace").await;
    for number in 0..20 {
        let news = publish::said(&number.to_string());
        let live = publisher.publish(publish::SHAPED, "room", &news).await;
        assert_eq!(live.expect("published"), 1);
    }
    for number in 0..20 {
        for (client, name) in [(&mut ada, "ada"), (&mut grace, "grace")] {
            let delivery = client.hear("sync").await;
            let letter = format!("Dear {name}, {number}");
            assert_eq!(delivery["clientOutput"]["letter"], letter);
        }
    }
    // With history there is one order, whoever says it.
    for number in 0..20 {
        let publisher = [&publisher, &other_publisher][number % 2];
        let news = publish::said(&number.to_string());
        let recorded = publisher.publish(publish::LOGGED, "room", &news).await;
        assert_eq!(recorded.expect("published"), 1);
    }
    for number in 0..20 {
        for client in [&mut ada, &mut grace] {
            assert_eq!(heard(client).await, number.to_string());
        }
    }
    for client in [&mut ada, &mut grace] {
        hears_nothing_more(client).await;
    }
}

#[tokio::test]
async fn while_redis_is_away_what_nobody_could_hear_or_nothing_could_record_is_not_published() {
    let redis = RedisServer::start().await;
    let (one, publisher) = desk(&redis, &Sessions::in_memory()).await;
    let mut ada = member(&one, "ada").await;
    drop(redis);
    until("the node knows that Redis is away", async || {
        let nobody_here = publisher.publish(publish::NEWS, "another", &publish::said("hi"));
        let failed = nobody_here.await.err();
        failed.is_some_and(|failure| failure.code() == "sync.clusterUnavailable")
    })
    .await;
    let recorded = publisher.publish(publish::LOGGED, "room", &publish::said("hi"));
    let failure = recorded.await.expect_err("nothing is recorded");
    assert_eq!(failure.code(), "sync.clusterUnavailable");
    let live = publisher.publish(publish::NEWS, "room", &publish::said("here"));
    assert_eq!(live.await.expect("published"), 1);
    assert_eq!(heard(&mut ada).await, "here");
}

//! Who is in a room, whatever node they are connected to.

use std::{
    collections::BTreeSet,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sync_runtime::{Config, RedisCluster, Sessions};
use tokio::runtime::{self, Runtime};

use super::{RedisServer, member, member_as};
use crate::{
    app::{Server, User, routes},
    client::Client,
};

/// Longer than a client takes to come back on a busy machine, and no longer than a test likes to wait.
const GRACE: Duration = Duration::from_secs(2);

/// Nodes are found dead soon.
fn config() -> Config {
    Config {
        presence_grace: GRACE,
        cluster_alive_every: Duration::from_millis(100),
        cluster_dead_after: Duration::from_secs(1),
        shutdown_spread: Duration::ZERO,
        ..Config::default()
    }
}

struct Cluster {
    redis: RedisServer,
    sessions: Sessions<User>,
    config: Config,
    one: Server,
    other: Server,
}

impl Cluster {
    async fn start() -> Self {
        Self::with(config()).await
    }

    async fn with(config: Config) -> Self {
        let redis = RedisServer::start().await;
        let sessions = Sessions::in_memory();
        let one = node(redis.url(), sessions.clone(), config.clone()).await;
        let other = node(redis.url(), sessions.clone(), config.clone()).await;
        Self {
            redis,
            sessions,
            config,
            one,
            other,
        }
    }

    /// A third node with members, and all that it runs: what runs there ends with it, or hangs.
    async fn third(&self, names: &[&'static str]) -> Third {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        let (url, sessions) = (self.redis.url(), self.sessions.clone());
        let (config, names) = (self.config.clone(), names.to_vec());
        let joining = runtime.spawn(async move {
            let node = node(url, sessions, config).await;
            let mut members = Vec::new();
            for name in names {
                members.push(member(&node, name).await);
            }
            (node, members)
        });
        let (node, members) = joining.await.expect("a node");
        Third {
            runtime,
            node,
            _members: members,
        }
    }
}

struct Third {
    runtime: Runtime,
    node: Server,
    _members: Vec<Client>,
}

async fn node(url: String, sessions: Sessions<User>, config: Config) -> Server {
    let cluster = RedisCluster::connect(&url).await;
    let cluster = cluster.expect("a Redis that answers");
    let profile = |user: &User| json!({ "name": user.name.to_uppercase() });
    Server::built(routes(), sessions, |server| {
        server.presence(profile).config(config).cluster(cluster)
    })
}

/// What somebody who watches a room knows.
struct View {
    room: &'static str,
    users: BTreeSet<String>,
    /// How often something has changed.
    changes: usize,
}

impl View {
    async fn of(client: &mut Client, room: &'static str) -> Self {
        let answer = client.room("watchPresence", room).await;
        let users = answer["users"].as_array();
        let users = users.unwrap_or_else(|| panic!("no users: {answer}")).iter();
        Self {
            room,
            users: users.map(name).collect(),
            changes: 0,
        }
    }

    /// Waits until these are here and nobody else is.
    async fn becomes(&mut self, client: &mut Client, users: &[&str]) {
        let wanted: BTreeSet<_> = users.iter().map(ToString::to_string).collect();
        let began = Instant::now();
        while self.users != wanted {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "{:?} are in {}, and not {wanted:?}",
                self.users,
                self.room,
            );
            self.hear(&client.hear("sync-presence").await);
        }
    }

    fn hear(&mut self, change: &Value) {
        if change["room"] != self.room {
            return;
        }
        self.changes += 1;
        for user in change["joined"].as_array().into_iter().flatten() {
            self.users.insert(name(user));
        }
        for id in change["left"].as_array().into_iter().flatten() {
            self.users.remove(id.as_str().expect("an id"));
        }
    }
}

/// The id of a user, with the profile that belongs to it.
fn name(user: &Value) -> String {
    let id = user["id"].as_str().expect("an id");
    assert_eq!(*user, json!({ "id": id, "name": id.to_uppercase() }));
    id.into()
}

#[tokio::test]
async fn a_user_is_here_once_on_whatever_nodes_and_is_gone_with_the_last_connection() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut view = View::of(&mut ada, "room").await;
    let mut phone = member(&cluster.other, "grace").await;
    view.becomes(&mut ada, &["ada", "grace"]).await;
    let mut laptop = member(&cluster.one, "grace").await;
    phone.room("leaveRoom", "room").await;
    let mut eve = member(&cluster.other, "eve").await;
    view.becomes(&mut ada, &["ada", "eve", "grace"]).await;
    laptop.room("leaveRoom", "room").await;
    view.becomes(&mut ada, &["ada", "eve"]).await;
    eve.room("leaveRoom", "room").await;
    view.becomes(&mut ada, &["ada"]).await;
    assert_eq!(view.changes, 4, "each came and went once");
}

#[tokio::test]
async fn who_begins_to_watch_is_told_of_the_users_of_other_nodes() {
    let cluster = Cluster::start().await;
    let _grace = member(&cluster.other, "grace").await;
    let _eve = member(&cluster.other, "eve").await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut view = View::of(&mut ada, "room").await;
    // On a busy machine the other node can be late: then they have joined.
    view.becomes(&mut ada, &["ada", "eve", "grace"]).await;
}

#[tokio::test]
async fn who_moves_to_another_node_within_the_grace_has_never_left() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let cookie = cluster.one.log_in("grace").await;
    let phone = member_as(&cluster.other, &cookie).await;
    let mut view = View::of(&mut ada, "room").await;
    view.becomes(&mut ada, &["ada", "grace"]).await;
    view.changes = 0;
    phone.leave().await;
    let mut again = member_as(&cluster.one, &cookie).await;
    tokio::time::sleep(GRACE + Duration::from_millis(500)).await;
    let _eve = member(&cluster.other, "eve").await;
    view.becomes(&mut ada, &["ada", "eve", "grace"]).await;
    assert_eq!(view.changes, 1, "only eve came");
    again.room("leaveRoom", "room").await;
    view.becomes(&mut ada, &["ada", "eve"]).await;
}

#[tokio::test]
async fn the_users_of_a_node_that_dies_are_gone_within_the_stated_time() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut view = View::of(&mut ada, "room").await;
    let dying = cluster.third(&["grace"]).await;
    view.becomes(&mut ada, &["ada", "grace"]).await;
    let died = Instant::now();
    dying.runtime.shutdown_background();
    view.becomes(&mut ada, &["ada"]).await;
    let Config {
        cluster_alive_every: beat,
        cluster_dead_after: dead,
        ..
    } = cluster.config;
    let stated = dead.max(GRACE + beat) + beat;
    let took = died.elapsed();
    assert!(took + beat > GRACE, "her grace is not over: {took:?}");
    assert!(took < stated + Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_node_that_goes_in_good_order_leaves_its_users_the_grace_to_come_back_elsewhere() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let going = cluster.third(&["grace", "eve"]).await;
    let mut view = View::of(&mut ada, "room").await;
    view.becomes(&mut ada, &["ada", "eve", "grace"]).await;
    view.changes = 0;
    let began = Instant::now();
    let Third { runtime, node, .. } = going;
    let gone = runtime.spawn(async move { node.sync.shutdown().await });
    gone.await.expect("an end");
    runtime.shutdown_background();
    let _back = member(&cluster.one, "grace").await;
    view.becomes(&mut ada, &["ada", "grace"]).await;
    assert!(began.elapsed() >= GRACE);
    assert_eq!(view.changes, 1, "only eve has left");
}

#[tokio::test]
async fn a_node_that_hangs_is_back_with_its_users() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut view = View::of(&mut ada, "room").await;
    let hanging = cluster.third(&["grace"]).await.runtime;
    view.becomes(&mut ada, &["ada", "grace"]).await;
    let (go_on, hangs) = std::sync::mpsc::channel::<()>();
    hanging.spawn(async move { hangs.recv().is_ok() });
    view.becomes(&mut ada, &["ada"]).await;
    drop(go_on);
    view.becomes(&mut ada, &["ada", "grace"]).await;
    hanging.shutdown_background();
}

#[tokio::test]
async fn without_redis_watchers_keep_what_they_know_and_when_it_is_back_they_hear_what_changed() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    ada.room("joinRoom", "side").await;
    let mut grace = member(&cluster.other, "grace").await;
    grace.room("joinRoom", "side").await;
    let mut room = View::of(&mut ada, "room").await;
    room.becomes(&mut ada, &["ada", "grace"]).await;
    let mut side = View::of(&mut ada, "side").await;
    side.becomes(&mut ada, &["ada", "grace"]).await;
    let Cluster {
        redis, one, other, ..
    } = cluster;
    let port = redis.port;
    drop(redis);

    let mut eve = member(&other, "eve").await;
    // Nobody on the other node is in that room any more, to say so when Redis is back.
    grace.room("leaveRoom", "side").await;
    let _ben = member(&one, "ben").await;
    room.becomes(&mut ada, &["ada", "ben", "grace"]).await;
    tokio::time::sleep(config().cluster_dead_after * 2).await;
    ada.list().await;
    assert!(
        !ada.has_heard("sync-presence"),
        "nothing is known of others"
    );

    let _redis = RedisServer::start_at(port).await;
    let mut heard = 0;
    let wanted = |users: &[&str]| {
        users
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>()
    };
    let (in_room, in_side) = (wanted(&["ada", "ben", "eve", "grace"]), wanted(&["ada"]));
    while room.users != in_room || side.users != in_side {
        let change = ada.hear("sync-presence").await;
        room.hear(&change);
        side.hear(&change);
        heard += 1;
        assert!(heard < 20, "{:?} {:?}", room.users, side.users);
    }
    // And it goes on.
    eve.room("leaveRoom", "room").await;
    room.becomes(&mut ada, &["ada", "ben", "grace"]).await;
}

#[tokio::test]
async fn a_room_with_a_crowd_on_another_node_is_not_told_of_to_anybody_new() {
    let cluster = Cluster::with(Config {
        presence_users: 2,
        ..config()
    })
    .await;
    let mut crowd = Vec::new();
    for name in ["ben", "eve", "grace"] {
        crowd.push(member(&cluster.other, name).await);
    }
    let mut ada = Client::connect(&cluster.one.router, &cluster.one.log_in("grace").await).await;
    ada.room("joinRoom", "room").await;
    let refused = ada.room("watchPresence", "room").await;
    assert_eq!(refused["errorCode"], "sync.payloadTooLarge");
    crowd[0].room("leaveRoom", "room").await;
    let mut view = View::of(&mut ada, "room").await;
    view.becomes(&mut ada, &["eve", "grace"]).await;
}

#[tokio::test]
async fn presence_of_another_version_of_the_app_is_passed_over_and_is_no_gap() {
    let cluster = Cluster::start().await;
    let mut ada = member(&cluster.one, "ada").await;
    let mut view = View::of(&mut ada, "room").await;
    let said = r#"another {"presence":{"room":"room","somethingNew":[1]}}"#;
    let port = cluster.redis.port.to_string();
    let published = Command::new("redis-cli")
        .args(["-p", &port, "PUBLISH", "sync:room:room", said])
        .output();
    let published = published.expect("`redis-cli` can be run");
    assert_eq!(String::from_utf8_lossy(&published.stdout).trim(), "1");
    let _grace = member(&cluster.other, "grace").await;
    view.becomes(&mut ada, &["ada", "grace"]).await;
    ada.list().await;
    assert!(!ada.has_heard("sync-gap"));
}

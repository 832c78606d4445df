//! A real Redis, started, stopped and killed by each test, and nodes whose logs are in it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, future::join_all, stream::BoxStream};
use redis::AsyncCommands;
use serde_json::{json, value::RawValue};
use tokio::{
    runtime::{Builder, Handle},
    time::{sleep, timeout},
};

use super::{
    super::{Entry, EntryId, Gap, Kept, Log, LogUnavailable, Offset, Recorded, Tailed},
    Place, RedisLog,
};
use crate::{
    handler::output::OutputJson,
    redis_channels::{Bounds, Channels, Heard},
    redis_connection,
    room::RoomCode,
    sender::Sender,
    session::redis::server_for_tests::{PATIENCE, RedisServer},
};

/// How long a call of these logs may take. A busy machine is no outage.
const TIMEOUT: Duration = Duration::from_secs(5);

/// One node's log, and what it is told of its rooms.
struct Node {
    log: Arc<RedisLog>,
    channels: Channels,
    tail: BoxStream<'static, Tailed>,
}

impl Node {
    async fn new(server: &RedisServer) -> Self {
        Self::with(server, TIMEOUT, usize::MAX >> 12).await
    }

    async fn with(server: &RedisServer, timeout: Duration, bytes_per_room: usize) -> Self {
        let connected = redis_connection::connect(&server.url(), PATIENCE).await;
        let (client, connection) = connected.expect("a connection");
        let place = Place {
            prefix: "test:".into(),
            timeout,
            bytes_per_room,
        };
        let log = Arc::new(RedisLog::new(connection, Handle::current(), place));
        let bounds = Bounds {
            timeout: TIMEOUT,
            waiting_bytes: usize::MAX,
        };
        let channels = Channels::new(client, bounds);
        let mut heard = channels.hear();
        let told = log.told();
        tokio::spawn(async move {
            while let Some(heard) = heard.next().await {
                match heard {
                    Heard::Message { channel, payload } => {
                        let name = channel
                            .strip_prefix("test:room:")
                            .expect("a room's channel");
                        assert!(told.heard(&room(name), &payload));
                    }
                    Heard::Interrupted => told.interrupted(),
                }
            }
        });
        let tail = log.tail();
        Self {
            log,
            channels,
            tail,
        }
    }

    async fn follow(&self, name: &str) {
        let confirmed = self.channels.subscribe(&format!("test:room:{name}"));
        timeout(PATIENCE, confirmed).await.expect("a subscription");
    }

    async fn append(&self, name: &str, text: &str) -> Result<(), LogUnavailable> {
        let appended = self.log.append(entry(name, text), kept(1000)).await;
        appended.map(drop)
    }

    async fn head(&self, name: &str) -> Offset {
        let head = self.log.heads(&[room(name)]).await.expect("an answer");
        head.into_iter().next().expect("an offset")
    }

    async fn read(&self, name: &str, after: &Offset) -> Result<Vec<String>, Gap> {
        let page = self.log.read(&room(name), after, 10_000).await;
        let entries = page.expect("an answer")?;
        Ok(entries.iter().map(|recorded| text(recorded)).collect())
    }

    /// What comes next out of the tail.
    async fn hear(&mut self) -> Tailed {
        let tailed = timeout(PATIENCE, self.tail.next()).await;
        tailed.expect("something").expect("a tail without end")
    }

    async fn recorded(&mut self) -> Arc<Recorded> {
        match self.hear().await {
            Tailed::Recorded(recorded) => recorded,
            Tailed::Missed(_) | Tailed::Interrupted => panic!("an interruption"),
        }
    }

    /// Waits until Redis is asked again, and answers.
    async fn until_available(&self) {
        let begun = Instant::now();
        while !self.log.is_available() || self.append("probe", "").await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "Redis does not come back");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A connection to ask Redis itself by.
async fn asking(server: &RedisServer) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(server.url()).expect("a URL");
    let connection = client.get_multiplexed_async_connection().await;
    connection.expect("a connection")
}

fn room(name: &str) -> RoomCode {
    RoomCode::parse(name).expect("a room name")
}

fn entry(name: &str, text: &str) -> Entry {
    let output = OutputJson::encode(&json!({ "text": text }));
    Entry {
        id: EntryId::random(),
        room: room(name),
        route: "sync/test/say/v1".into(),
        input: Arc::from(RawValue::from_string("{}".into()).expect("JSON")),
        output: output.expect("an output"),
        sender: Sender {
            connection: None,
            session: None,
            ignore_self: false,
        },
    }
}

fn kept(count: usize) -> Kept {
    Kept {
        count,
        age: Duration::from_hours(1),
    }
}

fn text(recorded: &Recorded) -> String {
    let output: serde_json::Value =
        serde_json::from_str(recorded.entry.output.raw().get()).expect("JSON");
    output["text"].as_str().expect("text").to_owned()
}

#[tokio::test]
async fn what_two_nodes_record_at_the_same_time_is_one_order_for_all() {
    const EACH: usize = 300;
    let server = RedisServer::start().await;
    let (mut one, mut other) = (Node::new(&server).await, Node::new(&server).await);
    one.follow("r").await;
    other.follow("r").await;
    let first = one.head("r").await;
    assert_eq!(first, other.head("r").await);
    assert_eq!(first.number, 0);

    let appends = async |node: &str| {
        let writer = Node::new(&server).await;
        for round in 0..EACH / 10 {
            let texts = (0..10).map(|n| format!("{node} {}", round * 10 + n));
            let texts: Vec<_> = texts.collect();
            let appended = texts.iter().map(|text| writer.append("r", text));
            assert!(join_all(appended).await.iter().all(Result::is_ok));
        }
    };
    tokio::join!(appends("one"), appends("other"));

    let mut orders = Vec::new();
    for node in [&mut one, &mut other] {
        let mut order = Vec::new();
        for number in 1..=2 * EACH as u64 {
            let recorded = node.recorded().await;
            assert_eq!(recorded.offset.epoch, first.epoch);
            assert_eq!(recorded.offset.number, number);
            order.push(text(&recorded));
        }
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    assert_eq!(one.read("r", &first).await, Ok(orders[0].clone()));
    // A pipeline keeps what one node sends in its order.
    for node in ["one", "other"] {
        let own = orders[0].iter().filter_map(|text| text.strip_prefix(node));
        let numbers: Vec<usize> = own.map(|n| n.trim().parse().expect("a number")).collect();
        assert_eq!(numbers, (0..EACH).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn what_is_recorded_at_the_same_time_is_few_calls_and_each_has_its_place() {
    const MANY: u64 = 200;
    let server = RedisServer::start().await;
    let mut node = Node::new(&server).await;
    let rooms = ["r", "s"];
    for room in rooms {
        node.follow(room).await;
    }
    let recorded = (0..MANY).map(|number| {
        let room = rooms[usize::from(number % 2 == 1)];
        node.log
            .append(entry(room, &number.to_string()), kept(1000))
    });
    let offsets = join_all(recorded).await;
    for (at, offset) in (0..).zip(offsets) {
        assert_eq!(offset.map(|offset| offset.number), Ok(at / 2 + 1));
    }
    for _ in 0..MANY {
        let recorded = node.recorded().await;
        let number = recorded.offset.number - 1;
        let number = number * 2 + u64::from(recorded.entry.room.as_str() == rooms[1]);
        assert_eq!(text(&recorded), number.to_string());
    }

    let mut connection = asking(&server).await;
    let mut info = redis::cmd("INFO");
    let info: String = info
        .arg("commandstats")
        .query_async(&mut connection)
        .await
        .expect("an answer");
    let calls = info.split("cmdstat_evalsha:calls=").nth(1);
    let calls = calls.and_then(|calls| calls.split(',').next());
    let calls: u64 = calls.and_then(|calls| calls.parse().ok()).expect("calls");
    assert!(calls <= MANY / 10, "{calls} calls");
}

#[tokio::test]
async fn rooms_have_orders_of_their_own_and_a_page_is_no_longer_than_asked_for() {
    let server = RedisServer::start().await;
    let node = Node::new(&server).await;
    let first = node.head("a").await;
    for number in 0..5 {
        assert_eq!(node.append("a", &number.to_string()).await, Ok(()));
    }
    assert_eq!(node.append("b{}", "x").await, Ok(()));
    assert_eq!(node.head("a").await.number, 5);
    assert_eq!(node.head("b{}").await.number, 1);
    let page = node.log.read(&room("a"), &first, 3).await;
    let page = page.expect("an answer").expect("entries");
    let places: Vec<_> = page.iter().map(|recorded| recorded.offset.number).collect();
    assert_eq!(places, [1, 2, 3]);
    let rest = node.read("a", &page[2].offset).await;
    assert_eq!(rest, Ok(vec!["3".into(), "4".into()]));
    let beyond = Offset {
        number: 6,
        ..first.clone()
    };
    assert_eq!(node.read("a", &beyond).await, Err(Gap::NewEpoch));
    let foreign = Offset::parse("another-epoch:1").expect("an offset");
    assert_eq!(node.read("a", &foreign).await, Err(Gap::NewEpoch));
}

#[tokio::test]
async fn no_more_is_kept_than_count_bytes_and_age_allow() {
    let server = RedisServer::start().await;
    let node = Node::with(&server, TIMEOUT, 20_000).await;
    let at = |first: &Offset, number| Offset {
        number,
        ..first.clone()
    };

    let first = node.head("count").await;
    for number in 0..10 {
        let appended = node
            .log
            .append(entry("count", &number.to_string()), kept(4));
        assert!(appended.await.is_ok());
    }
    assert_eq!(node.read("count", &at(&first, 5)).await, Err(Gap::Trimmed));
    let last = node.read("count", &at(&first, 6)).await;
    assert_eq!(last, Ok(["6", "7", "8", "9"].map(String::from).into()));

    let first = node.head("bytes").await;
    let large = "x".repeat(6_000);
    for _ in 0..10 {
        assert_eq!(node.append("bytes", &large).await, Ok(()));
    }
    assert_eq!(node.read("bytes", &at(&first, 6)).await, Err(Gap::Trimmed));
    let last = node.read("bytes", &at(&first, 7)).await;
    assert_eq!(last.map(|entries| entries.len()), Ok(3));

    let first = node.head("age").await;
    let brief = Kept {
        age: Duration::from_millis(300),
        ..kept(1000)
    };
    let appended = node.log.append(entry("age", "a"), brief).await;
    assert_eq!(appended.map(|offset| offset.number), Ok(1));
    sleep(brief.age).await;
    assert_eq!(node.read("age", &first).await, Err(Gap::Trimmed));
    assert_eq!(node.append("age", "b").await, Ok(()));
    let last = node.read("age", &at(&first, 1)).await;
    assert_eq!(last, Ok(vec!["b".into()]));
}

#[tokio::test]
async fn all_that_is_kept_in_redis_ends_by_itself() {
    let server = RedisServer::start().await;
    let node = Node::new(&server).await;
    assert_eq!(node.append("r", "a").await, Ok(()));
    node.head("nobody spoke here").await;
    let mut connection = asking(&server).await;
    let keys: Vec<String> = connection.keys("test:log:*").await.expect("keys");
    assert_eq!(keys.len(), 4, "{keys:?}");
    for key in keys {
        let left: i64 = connection.pttl(&key).await.expect("a life");
        assert!(left > 0, "{key}");
    }
}

#[tokio::test]
async fn a_redis_that_comes_back_without_its_data_begins_a_new_epoch() {
    let server = RedisServer::start().await;
    let mut node = Node::new(&server).await;
    node.follow("r").await;
    assert_eq!(node.append("r", "a").await, Ok(()));
    let before = node.recorded().await.offset.clone();
    let port = server.port;
    drop(server);
    let _server = RedisServer::start_at(port).await;
    node.until_available().await;
    assert!(matches!(node.hear().await, Tailed::Interrupted));
    assert_eq!(node.read("r", &before).await, Err(Gap::NewEpoch));
    assert_eq!(node.append("r", "b").await, Ok(()));
    let after = node.recorded().await.offset.clone();
    assert_eq!(after.number, 1);
    assert_ne!(after.epoch, before.epoch);
}

#[tokio::test]
async fn a_redis_that_writes_everything_down_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = RedisServer::start_in(folder.path()).await;
    let mut node = Node::new(&server).await;
    node.follow("r").await;
    let first = node.head("r").await;
    for said in ["a", "b"] {
        assert_eq!(node.append("r", said).await, Ok(()));
        node.recorded().await;
    }
    let port = server.port;
    drop(server);
    let _server = RedisServer::start_in_at(folder.path(), port).await;
    node.until_available().await;
    assert!(matches!(node.hear().await, Tailed::Interrupted));
    assert_eq!(node.append("r", "c").await, Ok(()));
    let offset = node.recorded().await.offset.clone();
    assert_eq!((&offset.epoch, offset.number), (&first.epoch, 3));
    let all = node.read("r", &first).await;
    assert_eq!(all, Ok(["a", "b", "c"].map(String::from).into()));
}

#[tokio::test]
async fn an_order_that_has_lost_what_was_delivered_begins_anew() {
    let server = RedisServer::start().await;
    let node = Node::new(&server).await;
    assert_eq!(node.append("r", "a").await, Ok(()));
    let head = node.head("r").await;
    let same = node.log.restart(&room("r"), &head).await;
    assert_eq!(same.as_ref(), Ok(&head));
    let delivered = Offset {
        number: 2,
        ..head.clone()
    };
    let anew = node.log.restart(&room("r"), &delivered).await;
    let anew = anew.expect("an answer");
    assert_eq!(anew.number, 0);
    assert_ne!(anew.epoch, head.epoch);
    assert_eq!(node.read("r", &head).await, Err(Gap::NewEpoch));
}

#[tokio::test]
async fn a_room_is_recorded_to_also_after_the_runtime_of_a_request_has_ended() {
    let server = RedisServer::start().await;
    let node = Node::new(&server).await;
    let first = node.head("r").await;
    let log = node.log.clone();
    let ended = tokio::task::spawn_blocking(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let append = async move { log.append(entry("r", "a"), kept(10)).await };
        let begun = runtime.spawn(append);
        // Asked for, and then the runtime ends.
        runtime.block_on(tokio::task::yield_now());
        drop((begun, runtime));
    });
    ended.await.expect("an end");
    let appended = timeout(PATIENCE, node.append("r", "b")).await;
    assert_eq!(appended, Ok(Ok(())));
    let last = node.read("r", &first).await;
    assert_eq!(last, Ok(["a", "b"].map(String::from).into()));
}

#[tokio::test]
async fn entries_that_wait_behind_a_call_that_hangs_are_refused_with_it() {
    let limit = Duration::from_millis(300);
    let server = RedisServer::start().await;
    let node = Node::with(&server, limit, 1_000_000).await;
    assert_eq!(node.append("r", "before").await, Ok(()));
    server.signal("-STOP");
    let begun = Instant::now();
    // Twenty calls, if each were made.
    let waiting = (0..1280).map(|_| node.append("r", "a"));
    let refused = join_all(waiting).await;
    assert!(refused.iter().all(Result::is_err));
    assert!(begun.elapsed() < 10 * limit, "{:?}", begun.elapsed());
    server.signal("-CONT");
    node.until_available().await;
    assert_eq!(node.append("r", "after").await, Ok(()));
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_once_and_is_asked_again_by_itself() {
    let limit = Duration::from_millis(300);
    let server = RedisServer::start().await;
    let node = Node::with(&server, limit, 1_000_000).await;
    let first = node.head("r").await;
    server.signal("-STOP");
    let begun = Instant::now();
    assert_eq!(node.append("r", "a").await, Err(LogUnavailable));
    let took = begun.elapsed();
    assert!(took >= limit && took < 10 * limit, "{took:?}");
    assert!(!node.log.is_available());
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(node.append("r", "b").await, Err(LogUnavailable));
        let read = node.log.read(&room("r"), &first, 1).await;
        assert_eq!(read.err(), Some(LogUnavailable));
        assert_eq!(node.log.heads(&[room("r")]).await, Err(LogUnavailable));
    }
    assert!(begun.elapsed() < limit, "{:?}", begun.elapsed());
    server.signal("-CONT");
    node.until_available().await;
    let begun = Instant::now();
    assert_eq!(node.append("r", "c").await, Ok(()));
    assert!(begun.elapsed() < limit);
}

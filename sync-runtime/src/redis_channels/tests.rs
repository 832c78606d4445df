//! A real Redis, killed and started again.

use std::time::Duration;

use futures_util::{FutureExt, Stream, StreamExt, future::join_all, stream::BoxStream};
use redis::aio::MultiplexedConnection;
use tokio::time::timeout;

use super::{Bounds, Channels, Heard};
use crate::{
    redis_connection,
    session::redis::server_for_tests::{PATIENCE, RedisServer},
};

const BOUNDS: Bounds = Bounds {
    timeout: Duration::from_secs(2),
    waiting_bytes: 1 << 20,
};

async fn channels(server: &RedisServer, bounds: Bounds) -> Channels {
    let connected = redis_connection::connect(&server.url(), PATIENCE).await;
    Channels::new(connected.expect("a Redis that answers").0, bounds)
}

/// Those of a Redis that hangs, once their first channel, `a`, has been given up for that. With what hears them and
/// the connection that they had.
async fn given_up(
    server: &RedisServer,
) -> (Channels, BoxStream<'static, Heard>, MultiplexedConnection) {
    let bounds = Bounds {
        timeout: Duration::from_millis(300),
        ..BOUNDS
    };
    let channels = channels(server, bounds).await;
    let heard = channels.hear();
    assert!(in_time(channels.subscribe("a")).await);
    let connection = in_time(channels.connection()).await.expect("a connection");
    server.signal("-STOP");
    assert!(!in_time(channels.subscribe("b")).await);
    (channels, heard, connection)
}

async fn publish(server: &RedisServer, channel: &str, payload: &str) -> usize {
    let connected = redis_connection::connect(&server.url(), PATIENCE).await;
    let (_, mut connection) = connected.expect("a Redis that answers");
    let mut publish = redis::cmd("PUBLISH");
    let published = publish.arg(channel).arg(payload);
    let heard = published.query_async(&mut connection).await;
    heard.expect("published")
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("in time")
}

async fn next(heard: &mut (impl Stream<Item = Heard> + Unpin)) -> Heard {
    in_time(heard.next()).await.expect("not the end")
}

fn message(channel: &str, payload: &str) -> Heard {
    Heard::Message {
        channel: channel.into(),
        payload: payload.into(),
    }
}

#[tokio::test]
async fn what_is_published_after_the_confirmation_is_heard_until_the_channel_is_given_up() {
    let server = RedisServer::start().await;
    let channels = channels(&server, BOUNDS).await;
    let mut heard = channels.hear();
    assert!(in_time(channels.subscribe("a")).await);
    in_time(channels.subscribe("b")).await;
    assert!(!channels.are_away());
    assert_eq!(publish(&server, "a", "one").await, 1);
    assert_eq!(next(&mut heard).await, message("a", "one"));

    channels.unsubscribe("a");
    // A confirmation of what was asked for later is one of that too.
    in_time(channels.subscribe("c")).await;
    assert_eq!(publish(&server, "a", "two").await, 0);
    publish(&server, "b", "three").await;
    assert_eq!(next(&mut heard).await, message("b", "three"));
}

#[tokio::test]
async fn a_channel_that_was_given_up_and_wanted_again_is_heard() {
    let server = RedisServer::start().await;
    let channels = channels(&server, BOUNDS).await;
    let mut heard = channels.hear();
    assert!(in_time(channels.subscribe("a")).await);
    for _ in 0..3 {
        channels.unsubscribe("a");
        assert!(in_time(channels.subscribe("a")).await);
    }
    publish(&server, "a", "one").await;
    assert_eq!(next(&mut heard).await, message("a", "one"));
}

#[tokio::test]
async fn more_channels_than_one_command_names_are_heard() {
    let server = RedisServer::start().await;
    let channels = channels(&server, BOUNDS).await;
    let mut heard = channels.hear();
    let confirmed = (0..2_500).map(|number| channels.subscribe(&number.to_string()));
    in_time(join_all(confirmed)).await;
    for number in ["0", "999", "1000", "2499"] {
        publish(&server, number, "x").await;
        assert_eq!(next(&mut heard).await, message(number, "x"));
    }
}

#[tokio::test]
async fn a_redis_that_comes_back_is_heard_again_after_a_word_of_the_interruption() {
    let server = RedisServer::start().await;
    let channels = channels(&server, BOUNDS).await;
    let mut heard = channels.hear();
    in_time(channels.subscribe("before")).await;
    // The beginning is no interruption.
    assert_eq!(heard.next().now_or_never(), None);
    let port = server.port;
    drop(server);
    in_time(async {
        while !channels.are_away() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!in_time(channels.subscribe("meanwhile")).await);
    assert_eq!(heard.next().now_or_never(), None);

    let server = RedisServer::start_at(port).await;
    assert_eq!(next(&mut heard).await, Heard::Interrupted);
    assert!(in_time(channels.confirmed("meanwhile")).await);
    for channel in ["before", "meanwhile"] {
        assert_eq!(publish(&server, channel, "x").await, 1);
        assert_eq!(next(&mut heard).await, message(channel, "x"));
    }
}

#[tokio::test]
async fn every_interruption_is_told_of_even_if_nothing_is_heard_between_two() {
    let server = RedisServer::start().await;
    let channels = channels(&server, BOUNDS).await;
    let mut heard = channels.hear();
    assert!(in_time(channels.subscribe("a")).await);
    let connected = redis_connection::connect(&server.url(), PATIENCE).await;
    let (_, mut connection) = connected.expect("a Redis that answers");
    for _ in 0..3 {
        let mut cut = redis::cmd("CLIENT");
        let cut = cut.arg("KILL").arg("TYPE").arg("pubsub");
        let connections: u64 = cut.query_async(&mut connection).await.expect("an answer");
        assert_eq!(connections, 1);
        assert_eq!(next(&mut heard).await, Heard::Interrupted);
    }
    publish(&server, "a", "one").await;
    assert_eq!(next(&mut heard).await, message("a", "one"));
}

#[tokio::test]
async fn a_channel_wanted_of_a_redis_that_hangs_follows_when_it_answers() {
    let server = RedisServer::start().await;
    let (channels, mut heard, _) = given_up(&server).await;
    server.signal("-CONT");
    assert_eq!(next(&mut heard).await, Heard::Interrupted);
    assert!(in_time(channels.confirmed("b")).await);
}

#[tokio::test]
async fn what_a_connection_hears_that_was_given_up_is_not_heard_a_second_time() {
    let server = RedisServer::start().await;
    let (channels, mut heard, _given_up) = given_up(&server).await;
    server.signal("-CONT");
    assert_eq!(next(&mut heard).await, Heard::Interrupted);
    assert!(in_time(channels.confirmed("a")).await);
    assert_eq!(publish(&server, "a", "one").await, 2);
    assert_eq!(next(&mut heard).await, message("a", "one"));
    publish(&server, "b", "two").await;
    assert_eq!(next(&mut heard).await, message("b", "two"));
}

#[tokio::test]
async fn who_says_something_waits_for_a_connection_that_comes_back_and_not_for_one_that_stays_away()
{
    let server = RedisServer::start().await;
    let (channels, mut heard, _) = given_up(&server).await;
    let waiting = channels.connection();
    let answered = async {
        server.signal("-CONT");
        next(&mut heard).await
    };
    let (connection, interrupted) = in_time(async { tokio::join!(waiting, answered) }).await;
    assert!(connection.is_some());
    assert_eq!(interrupted, Heard::Interrupted);
    drop(server);
    in_time(async {
        while channels.connection().await.is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_beyond_the_bound_is_missed_and_said_to_be() {
    let server = RedisServer::start().await;
    let bounds = Bounds {
        waiting_bytes: 20,
        ..BOUNDS
    };
    let channels = channels(&server, bounds).await;
    let mut heard = channels.hear();
    assert!(in_time(channels.subscribe("a")).await);
    in_time(channels.subscribe("b")).await;
    for payload in ["much too long to wait at all", "one", "two", "three"] {
        publish(&server, "a", payload).await;
    }
    // It is heard of in the order of the connection.
    in_time(channels.subscribe("c")).await;
    assert_eq!(
        next(&mut heard).await,
        message("a", "much too long to wait at all")
    );
    assert_eq!(next(&mut heard).await, Heard::Interrupted);
    publish(&server, "b", "four").await;
    assert_eq!(next(&mut heard).await, message("b", "four"));
}

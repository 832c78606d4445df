use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use sync_runtime::{Config, Sessions};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{client::Client, start};

fn config(deadline: Duration) -> Config {
    Config {
        shutdown_deadline: deadline,
        shutdown_spread: Duration::ZERO,
        ..Config::default()
    }
}

#[tokio::test]
async fn a_request_that_runs_is_answered_before_its_connection_is_closed() {
    let server = start(Sessions::in_memory(), config(Duration::from_secs(20))).await;
    let client = Client::connect(&server.url).await;
    client.request("test/wait/v1", json!({})).await;
    server.gate.entered.notified().await;

    let sync = server.sync.clone();
    let shutdown = tokio::spawn(async move { sync.shutdown().await });
    while reqwest::get(format!("{}/readyz", server.url))
        .await
        .expect("an answer")
        .status()
        == 200
    {}
    server.gate.opened.notify_one();
    assert_eq!(client.answer().await["status"], "success");

    let report = shutdown.await.expect("no panic");
    assert_eq!((report.connections, report.cut_off), (1, 0));
    server.end().await;
}

#[tokio::test]
async fn a_request_that_does_not_end_is_aborted_at_the_deadline() {
    let server = start(Sessions::in_memory(), config(Duration::from_millis(200))).await;
    let client = Client::connect(&server.url).await;
    client.request("test/wait/v1", json!({})).await;
    server.gate.entered.notified().await;

    let begun = Instant::now();
    let sync = server.sync.clone();
    let shutdown = tokio::spawn(async move { sync.shutdown().await });
    assert_eq!(client.answer().await["errorCode"], "request.aborted");
    let report = shutdown.await.expect("no panic");
    assert_eq!((report.connections, report.cut_off), (1, 1));
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    server.end().await;
}

#[tokio::test]
async fn new_connections_are_turned_away_at_their_first_request() {
    let server = start(Sessions::in_memory(), config(Duration::from_secs(5))).await;
    server.sync.shutdown().await;
    for transport in ["polling", "websocket"] {
        let url = format!("{}/socket.io/?EIO=4&transport={transport}", server.url);
        let answer = reqwest::get(url).await.expect("an answer");
        assert_eq!(answer.status(), 503, "{transport}");
    }
    server.end().await;
}

/// Socket.IO's client comes back by itself after its transport was closed, but not after packet `41`,
/// which says that the server does not want it any more.
#[tokio::test]
async fn a_web_socket_is_closed_in_good_order_and_not_dismissed() {
    let server = start(Sessions::in_memory(), config(Duration::from_secs(20))).await;
    let url = server.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket";
    let (mut socket, _) = connect_async(url).await.expect("a web socket");
    socket.send(Message::text("40")).await.expect("sent");
    let mut heard = Vec::new();
    while !heard.iter().any(|packet: &String| packet.starts_with("40")) {
        let message = socket.next().await.expect("open").expect("a message");
        heard.push(message.to_text().expect("text").to_owned());
    }

    let sync = server.sync.clone();
    let shutdown = tokio::spawn(async move { sync.shutdown().await });
    let mut closed = false;
    while let Some(message) = socket.next().await {
        match message.expect("no broken connection") {
            Message::Close(_) => closed = true,
            other => heard.push(other.to_text().expect("text").to_owned()),
        }
    }
    assert!(closed, "{heard:?}");
    assert!(
        !heard.iter().any(|packet| packet.starts_with("41")),
        "{heard:?}"
    );
    assert_eq!(shutdown.await.expect("no panic").connections, 1);
    server.end().await;
}

#[tokio::test]
async fn a_poll_that_waits_ends_with_its_session() {
    let server = start(Sessions::in_memory(), config(Duration::from_secs(20))).await;
    let client = Client::connect(&server.url).await;
    let sync = server.sync.clone();
    let shutdown = tokio::spawn(async move { sync.shutdown().await });
    // Packets may come before it is over: an answer to the poll, or a ping.
    while client.poll().await.is_ok() {}
    shutdown.await.expect("no panic");
    server.end().await;
}

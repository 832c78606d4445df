//! What comes in over HTTP and as polls, and what becomes a web socket.

use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::{
    app::Server,
    client::{Client, ask_for_web_socket, post, post_body},
    member,
};

#[tokio::test]
async fn http_answers_with_the_same_envelope_and_the_matching_status() {
    let server = Server::new();
    let cookie = server.log_in("ada").await;
    let mut ada = Client::connect(&server.router, &cookie).await;
    let body = json!({ "data": { "text": "hi" }, "receiver": "room" });
    let (status, answer) = post(&server.router, "/sync/test/echo/v1", &cookie, &body).await;
    assert_eq!(status, 403, "{answer}");

    ada.room("joinRoom", "room").await;
    let (status, answer) = post(&server.router, "/sync/test/echo/v1", &cookie, &body).await;
    assert_eq!(status, 200, "{answer}");
    assert!(
        answer.contains(r#""result":{"status":"success","text":"hi"}"#),
        "{answer}"
    );
    assert_eq!(ada.hear("sync").await["serverOutput"]["text"], "hi");

    let (status, stream) = post(
        &server.router,
        "/sync/test/echo/v1?stream=true",
        &cookie,
        &body,
    )
    .await;
    assert_eq!(status, 200);
    assert!(
        stream.starts_with("event: final\ndata: {\"status\":\"success\""),
        "{stream}"
    );
    let (status, _) = post(&server.router, "/sync/nonsense", &cookie, &body).await;
    assert_eq!(status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_request_over_http_whose_body_does_not_come_is_answered() {
    let server = Server::new();
    let cookie = server.log_in("ada").await;
    let never = Body::from_stream(stream::pending::<std::io::Result<Vec<u8>>>());
    let asked = post_body(&server.router, "/sync/test/echo/v1", &cookie, never);
    let answered = timeout(Duration::from_hours(1), asked).await;
    let (status, answer) = answered.expect("an answer");
    assert_eq!(status, 504);
    let answer: Value = serde_json::from_str(&answer).expect("an answer");
    assert_eq!(answer["errorCode"], "sync.requestTimeout");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_holds_up_no_shutdown() {
    let server = Server::new();
    let cookie = server.log_in("ada").await;
    let never = Body::from_stream(stream::pending::<std::io::Result<Vec<u8>>>());
    let asked = post_body(&server.router, "/sync/test/echo/v1", &cookie, never);
    let begun = Instant::now();
    let ((status, answer), _) = tokio::join!(asked, server.sync.shutdown());
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(status, 499);
    let answer: Value = serde_json::from_str(&answer).expect("an answer");
    assert_eq!(answer["errorCode"], "request.aborted");
}

#[tokio::test(start_paused = true)]
async fn a_poll_whose_body_does_not_come_is_answered() {
    let server = Server::new();
    let ada = member(&server, "ada").await;
    let never = Body::from_stream(stream::pending::<std::io::Result<Vec<u8>>>());
    let answered = timeout(Duration::from_hours(1), ada.post_body(never)).await;
    assert_eq!(answered.expect("an answer"), 408);
}

#[tokio::test]
async fn a_request_becomes_a_web_socket_only_if_it_asks_for_that() {
    let server = Server::new();
    let headers = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];
    assert_eq!(ask_for_web_socket(&server.router, &headers).await, 101);
    for without in 0..headers.len() {
        let mut others = headers.to_vec();
        let (name, _) = others.remove(without);
        let status = ask_for_web_socket(&server.router, &others).await;
        assert_eq!(status, 400, "without {name}");
    }
}

//! What an app relies on of streams.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sync_runtime::{
    Hooks,
    hooks::{PostSyncStream, PreSyncStream, StreamAudience},
};

use crate::{
    app::Server,
    client::{Client, post_for_events},
    member,
};

/// What a member hears of a request until its delivery: the payloads of streams, without the names
/// that deliveries carry.
async fn until_delivered(client: &mut Client) -> Vec<Value> {
    let mut heard = Vec::new();
    loop {
        let mut delivery = client.hear("sync").await;
        if delivery["status"] != "stream" {
            return heard;
        }
        let fields = delivery.as_object_mut().expect("an object");
        assert_eq!(fields.remove("cb"), fields.remove("fullName"));
        fields.remove("status");
        heard.push(delivery);
    }
}

#[tokio::test]
async fn a_stream_reaches_the_client_that_asked_and_nobody_else() {
    let server = Server::new();
    let (mut ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    let index = ada
        .begin("stream/count/v1", "room", json!({ "to": 3 }))
        .await;
    let progress = format!("sync-progress-{index}");
    assert!(ada.hear(&progress).await["__cancelId"].is_string());
    for step in 1..=3 {
        assert_eq!(ada.hear(&progress).await, json!({ "step": step }));
    }
    let answer = ada.hear(&format!("sync-{index}")).await;
    assert_eq!(answer["status"], "success");
    assert_eq!(until_delivered(&mut grace).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_broadcast_reaches_everybody_in_the_room_before_the_delivery_and_in_order() {
    let server = Server::new();
    let (mut ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    let mut outside = Client::connect(&server.router, &server.log_in("eve").await).await;
    ada.request(
        "stream/say/v1",
        "room",
        json!({ "pieces": ["Good ", "morning"] }),
    )
    .await;
    for client in [&mut ada, &mut grace] {
        assert_eq!(
            until_delivered(client).await,
            [json!({ "chunk": "Good " }), json!({ "chunk": "morning" })]
        );
    }
    outside.room("getJoinedRooms", "").await;
    assert!(outside.deliveries().is_empty());
}

#[tokio::test]
async fn a_stream_to_chosen_users_reaches_all_their_devices_once() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let cookie = server.log_in("grace").await;
    let mut phone = Client::connect(&server.router, &cookie).await;
    let mut laptop = Client::connect(&server.router, &server.log_in("grace").await).await;
    let mut other = Client::connect(&server.router, &server.log_in("eve").await).await;
    ada.request(
        "stream/tell/v1",
        "room",
        json!({ "users": ["grace", "grace"] }),
    )
    .await;
    for client in [&mut phone, &mut laptop] {
        let heard = client.hear("sync").await;
        assert_eq!(
            (&heard["step"], &heard["status"]),
            (&json!(7), &json!("stream"))
        );
        assert_eq!(heard["fullName"], "sync/stream/tell/v1");
    }
    for client in [&mut phone, &mut laptop, &mut other] {
        client.room("getJoinedRooms", "").await;
        assert!(client.deliveries().is_empty());
    }
}

#[tokio::test]
async fn a_stream_of_a_client_file_reaches_its_recipient_before_its_delivery() {
    let server = Server::new();
    let (mut ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    ada.request("stream/translated/v1", "room", json!({ "text": "hi" }))
        .await;
    for (client, name) in [(&mut ada, "ada"), (&mut grace, "grace")] {
        assert_eq!(
            until_delivered(client).await,
            [
                json!({ "chunk": format!("{name}: ") }),
                json!({ "chunk": "hi" })
            ]
        );
    }
}

#[tokio::test]
async fn nothing_of_a_cancelled_request_is_sent_not_even_by_a_task_that_it_began() {
    let server = Server::new();
    let (mut ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    let index = ada.begin("stream/endless/v1", "room", json!({})).await;
    let handshake = ada.hear(&format!("sync-progress-{index}")).await;
    assert_eq!(grace.hear("sync").await["status"], "stream");
    ada.emit("syncCancel", &json!({ "cb": handshake["__cancelId"] }))
        .await;
    let answer = ada.hear(&format!("sync-{index}")).await;
    assert_eq!(answer["errorCode"], "request.aborted");
    // What was sent before the answer has been heard when this is answered.
    grace.room("getJoinedRooms", "").await;
    let heard = grace.deliveries().len();
    server.still_running().await;
    grace.room("getJoinedRooms", "").await;
    assert_eq!(grace.deliveries().len(), heard);
}

#[tokio::test]
async fn a_handler_that_streams_does_not_hold_up_those_behind_it() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    ada.begin("stream/endless/v1", "room", json!({})).await;
    let answer = ada
        .request("test/echo/v1", "room", json!({ "text": "hi" }))
        .await;
    assert_eq!(answer["status"], "success");
}

#[tokio::test]
async fn who_joins_in_the_middle_of_a_replayed_stream_hears_what_was_said_and_then_the_rest() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let index = ada
        .begin(
            "stream/replayed/v1",
            "room",
            json!({ "pieces": ["a", "b"] }),
        )
        .await;
    for _ in 0..2 {
        ada.hear("sync").await;
    }
    let mut grace = member(&server, "grace").await;
    // Who is there already hears nothing twice.
    ada.room("joinRoom", "room").await;
    assert!(ada.deliveries().is_empty());
    server.go_on();
    let mut marks = Vec::new();
    let mut said = String::new();
    for frame in until_delivered(&mut grace).await {
        said.push_str(frame["chunk"].as_str().expect("text"));
        marks.push((
            frame["__stream"]["id"].clone(),
            frame["__stream"]["index"].as_u64(),
        ));
    }
    assert_eq!(said, "ab, and so on");
    assert!(
        marks
            .iter()
            .all(|(id, _)| *id == marks[0].0 && id.is_string())
    );
    let indexes: Vec<_> = marks.into_iter().filter_map(|(_, index)| index).collect();
    assert_eq!(indexes, [0, 1, 2]);
    ada.hear(&format!("sync-{index}")).await;
    // It is over: who joins now hears nothing of it.
    let mut late = member(&server, "late").await;
    late.room("getJoinedRooms", "").await;
    assert!(late.deliveries().is_empty());
}

#[tokio::test]
async fn a_request_goes_on_without_its_client_where_its_route_says_so() {
    let server = Server::new();
    let (ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    let pieces = json!({ "pieces": ["a"] });
    let mut ada = ada;
    ada.begin("stream/replayed/v1", "room", pieces).await;
    grace.hear("sync").await;
    ada.leave().await;
    server.go_on();
    let rest = until_delivered(&mut grace).await;
    assert_eq!(
        rest.last().map(|frame| &frame["chunk"]),
        Some(&json!(", and so on"))
    );
}

#[tokio::test]
async fn a_payload_that_is_no_object_fails_the_request_and_is_not_sent() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let index = ada.begin("stream/list/v1", "room", json!({})).await;
    let answer = ada.hear(&format!("sync-{index}")).await;
    assert_eq!(answer["errorCode"], "sync.serverExecutionFailed");
    assert!(ada.deliveries().is_empty());
}

#[tokio::test]
async fn over_http_a_stream_is_an_event_stream_that_ends_with_the_answer() {
    let server = Server::new();
    let cookie = server.log_in("ada").await;
    let mut ada = Client::connect(&server.router, &cookie).await;
    ada.room("joinRoom", "room").await;
    let request = json!({ "data": { "to": 2 }, "receiver": "room" });
    let events = post_for_events(&server.router, "/sync/stream/count/v1", &cookie, &request).await;
    let (last, payloads) = events.split_last().expect("events");
    assert_eq!(
        payloads,
        [
            ("stream".to_owned(), json!({ "step": 1 })),
            ("stream".to_owned(), json!({ "step": 2 }))
        ]
    );
    assert_eq!(last.0, "final");
    assert_eq!(last.1["status"], "success");
}

#[tokio::test]
async fn hooks_hear_of_each_payload_and_how_many_it_reached() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (before, after) = (heard.clone(), heard.clone());
    let hooks = Hooks::new()
        .on(move |stream: PreSyncStream| {
            let note = format!("{} {}", stream.index, stream.payload());
            before.lock().expect("not poisoned").push(note);
            async {}
        })
        .on(move |stream: PostSyncStream| {
            assert_eq!(stream.audience, StreamAudience::Room);
            assert_eq!(stream.request.route(), "sync/stream/say/v1");
            let note = format!("{} to {}", stream.index, stream.recipients);
            after.lock().expect("not poisoned").push(note);
            async {}
        });
    let server = Server::with(hooks);
    let (mut ada, _grace) = (member(&server, "ada").await, member(&server, "grace").await);
    ada.request("stream/say/v1", "room", json!({ "pieces": ["a", "b"] }))
        .await;
    let expected = [
        r#"0 {"chunk":"a"}"#,
        "0 to 2",
        r#"1 {"chunk":"b"}"#,
        "1 to 2",
    ];
    while heard.lock().expect("not poisoned").len() < expected.len() {
        tokio::task::yield_now().await;
    }
    assert_eq!(*heard.lock().expect("not poisoned"), expected);
}

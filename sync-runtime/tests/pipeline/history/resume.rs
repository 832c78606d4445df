//! Recording, and recovering what was missed.

use std::sync::atomic::{AtomicBool, Ordering};

use sync_runtime::{Config, Hooks, hooks::PreSyncFanout};

use super::*;

/// A connection of the same session as a former one.
async fn again(server: &Server, cookie: &str) -> Client {
    Client::connect(&server.router, cookie).await
}

/// A member that has gone, with its cookie and from where it can be resumed.
async fn gone(server: &Server, name: &str) -> (String, String) {
    let cookie = server.log_in(name).await;
    let mut client = again(server, &cookie).await;
    let joined = client.room("joinRoom", ROOM).await;
    client.close().await;
    (cookie, text(&joined["offsets"][ROOM]))
}

#[tokio::test]
async fn a_delivery_carries_its_room_and_its_place_in_the_order() {
    let server = server();
    let (mut ada, joined) = member(&server, "ada").await;
    let (mut spy, _) = member(&server, "spy").await;
    assert_eq!(number(&joined), 0);
    for expected in 1..=3 {
        let offset = say(&mut ada, SHAPED, "hi").await;
        assert_eq!(
            (epoch(&offset), number(&offset)),
            (epoch(&joined), expected)
        );
        let refused = spy.hear("sync").await;
        assert_eq!(refused["errorCode"], "test.spy");
        assert_eq!(
            (&refused["room"], &refused["offset"]),
            (&json!(ROOM), &json!(offset))
        );
    }
}

#[tokio::test]
async fn a_delivery_of_a_route_without_history_carries_no_place() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    ada.request("log/live/v1", ROOM, json!({ "text": "hi" }))
        .await;
    let delivery = ada.hear("sync").await;
    assert_eq!(heard(&delivery), "hi");
    assert!(
        delivery.get("room").is_none() && delivery.get("offset").is_none(),
        "{delivery}"
    );
}

#[tokio::test]
async fn all_history_routes_of_a_room_share_one_order_and_rooms_do_not() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let numbers = [
        say(&mut ada, SAY, "a").await,
        say(&mut ada, SHAPED, "b").await,
        say(&mut ada, "log/few/v1", "c").await,
    ];
    assert_eq!(numbers.map(|offset| number(&offset)), [1, 2, 3]);
    let joined = ada.room("joinRoom", "other").await;
    assert_eq!(number(&text(&joined["offsets"]["other"])), 0);
    let listed = ada.list().await;
    assert_eq!(listed["offsets"]["other"], joined["offsets"]["other"]);
    assert_eq!(number(&text(&listed["offsets"][ROOM])), 3);
}

#[tokio::test]
async fn a_connection_that_waits_to_resume_is_told_where_it_stands() {
    let server = server_with(patient(), Hooks::new());
    let (mut ada, _) = member(&server, "ada").await;
    let (cookie, _) = gone(&server, "grace").await;
    say(&mut ada, SAY, "before").await;
    let mut grace = again(&server, &cookie).await;
    say(&mut ada, SAY, "after").await;
    // Asking is going on without resuming: what was said since it came is on its way.
    let listed = grace.list().await;
    assert_eq!(heard(&grace.hear("sync").await), "after");
    assert!(number(&text(&listed["offsets"][ROOM])) <= 2);
}

#[tokio::test]
async fn the_sender_hears_its_answer_before_its_delivery() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    for _ in 0..50 {
        let index = ada.begin(SAY, ROOM, json!({ "text": "hi" })).await;
        ada.hear("sync").await;
        let answer = format!("sync-{index}");
        assert!(
            ada.has_heard(&answer),
            "the delivery came before the answer"
        );
        ada.hear(&answer).await;
    }
}

#[tokio::test]
async fn what_a_hook_stops_before_the_fan_out_is_not_recorded() {
    static STOPS: AtomicBool = AtomicBool::new(true);
    let hooks = Hooks::new().on(|_: PreSyncFanout| async { !STOPS.load(Ordering::SeqCst) });
    let server = server_with(Config::default(), hooks);
    let (mut ada, _) = member(&server, "ada").await;
    let answer = ada.request(SAY, ROOM, json!({ "text": "stopped" })).await;
    assert_eq!(answer["errorCode"], "auth.forbidden");
    STOPS.store(false, Ordering::SeqCst);
    assert_eq!(number(&say(&mut ada, SAY, "let out").await), 1);
}

#[tokio::test]
async fn a_member_that_comes_back_gets_what_it_missed_once_in_order_and_before_anything_new() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let (cookie, offset) = gone(&server, "grace").await;
    for number in 0..100 {
        say(&mut ada, SAY, &number.to_string()).await;
    }
    let mut grace = again(&server, &cookie).await;
    let index = grace.ask_to_resume(&json!({ ROOM: offset })).await;
    for number in 100..110 {
        say(&mut ada, SAY, &number.to_string()).await;
    }
    for expected in 0..110 {
        let delivery = grace.hear("sync").await;
        assert_eq!(heard(&delivery), expected.to_string());
        assert_eq!(number(&text(&delivery["offset"])), expected + 1);
    }
    let answer = grace.hear(&format!("resume-{index}")).await;
    assert_eq!(answer["rooms"][ROOM]["recovered"], true);
    let count = answer["rooms"][ROOM]["count"].as_u64().unwrap_or_default();
    assert!((100..=110).contains(&count), "{answer}");
    assert!(grace.deliveries().is_empty());
}

#[tokio::test]
async fn what_was_missed_is_sent_before_the_answer_that_counts_it() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let (cookie, offset) = gone(&server, "grace").await;
    for said in ["a", "b"] {
        say(&mut ada, SAY, said).await;
    }
    let mut grace = again(&server, &cookie).await;
    let answer = grace.resume(&json!({ ROOM: offset })).await;
    assert_eq!(
        answer["rooms"],
        json!({ ROOM: { "recovered": true, "count": 2 } })
    );
    let heard: Vec<_> = grace.deliveries().into_iter().map(heard).collect();
    assert_eq!(heard, ["a", "b"]);
}

#[tokio::test]
async fn what_is_resumed_is_shaped_for_the_recipient_and_what_it_was_not_to_hear_is_left_out() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let mut gones = Vec::new();
    for name in ["grace", "spy", "deaf"] {
        gones.push(gone(&server, name).await);
    }
    say(&mut ada, SHAPED, "a").await;
    let mut counts = Vec::new();
    let mut deliveries = Vec::new();
    for (cookie, offset) in gones {
        let mut client = again(&server, &cookie).await;
        let answer = client.resume(&json!({ ROOM: offset })).await;
        assert_eq!(answer["rooms"][ROOM]["recovered"], true);
        counts.push(answer["rooms"][ROOM]["count"].clone());
        deliveries.extend(client.deliveries().into_iter().cloned());
    }
    assert_eq!(counts, [json!(1), json!(1), json!(0)]);
    assert_eq!(deliveries[0]["clientOutput"]["name"], "grace");
    assert_eq!(deliveries[1]["errorCode"], "test.spy");
    assert_eq!(number(&text(&deliveries[1]["offset"])), 1);
}

#[tokio::test]
async fn a_sender_that_ignored_itself_does_not_hear_it_when_it_resumes() {
    let server = server();
    let cookie = server.log_in("ada").await;
    let mut ada = again(&server, &cookie).await;
    let joined = ada.room("joinRoom", ROOM).await;
    let (mut grace, _) = member(&server, "grace").await;
    let packet = json!({
        "name": format!("sync/{SAY}"), "cb": SAY, "data": { "text": "hi" },
        "receiver": ROOM, "responseIndex": 77, "ignoreSelf": true,
    });
    ada.emit("sync", &packet).await;
    ada.hear("sync-77").await;
    assert_eq!(heard(&grace.hear("sync").await), "hi");
    let mut back = again(&server, &cookie).await;
    let answer = back.resume(&json!({ ROOM: joined["offsets"][ROOM] })).await;
    assert_eq!(
        answer["rooms"][ROOM],
        json!({ "recovered": true, "count": 0 })
    );
    assert!(back.deliveries().is_empty() && ada.deliveries().is_empty());
}

#[tokio::test]
async fn what_is_no_longer_kept_is_said_to_be_and_the_connection_goes_on_from_the_offset_it_is_told()
 {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let (cookie, offset) = gone(&server, "grace").await;
    let mut offsets = vec![offset];
    for said in ["a", "b", "c", "d"] {
        offsets.push(say(&mut ada, "log/few/v1", said).await);
    }
    let mut grace = again(&server, &cookie).await;
    let answer = grace.resume(&json!({ ROOM: offsets[0] })).await;
    let lost = json!({ "recovered": false, "reason": "trimmed", "offset": offsets[4] });
    assert_eq!(answer["rooms"][ROOM], lost);
    assert!(grace.deliveries().is_empty());
    say(&mut ada, "log/few/v1", "e").await;
    assert_eq!(heard(&grace.hear("sync").await), "e");

    let mut back = again(&server, &cookie).await;
    let answer = back.resume(&json!({ ROOM: offsets[2] })).await;
    assert_eq!(
        answer["rooms"][ROOM],
        json!({ "recovered": true, "count": 3 })
    );
}

#[tokio::test]
async fn an_entry_is_kept_as_long_as_its_own_route_says_also_beside_those_of_others() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let (cookie, offset) = gone(&server, "grace").await;
    say(&mut ada, SAY, "to be kept").await;
    for _ in 0..10 {
        say(&mut ada, "log/few/v1", "soon gone").await;
    }
    let mut grace = again(&server, &cookie).await;
    let answer = grace.resume(&json!({ ROOM: offset })).await;
    assert_eq!(
        answer["rooms"][ROOM],
        json!({ "recovered": true, "count": 11 })
    );
}

#[tokio::test]
async fn another_process_has_another_epoch() {
    let former = server();
    let (mut ada, _) = member(&former, "ada").await;
    let offset = say(&mut ada, SAY, "before the restart").await;

    let server = server();
    let (mut grace, joined) = member(&server, "grace").await;
    assert_ne!(epoch(&joined), epoch(&offset));
    let answer = grace.resume(&json!({ ROOM: offset })).await;
    let lost = json!({ "recovered": false, "reason": "newEpoch", "offset": joined });
    assert_eq!(answer["rooms"][ROOM], lost);
}

#[tokio::test]
async fn a_room_that_had_to_make_way_for_others_begins_a_new_epoch() {
    let config = Config {
        history_rooms: 1,
        ..patient()
    };
    let server = server_with(config, Hooks::new());
    let (mut ada, _) = member(&server, "ada").await;
    let (cookie, offset) = gone(&server, "grace").await;
    say(&mut ada, SAY, "a").await;
    ada.room("joinRoom", "other").await;
    ada.request(SAY, "other", json!({ "text": "b" })).await;
    ada.hear("sync").await;
    let mut grace = again(&server, &cookie).await;
    let answer = grace.resume(&json!({ ROOM: offset })).await;
    assert_eq!(answer["rooms"][ROOM]["recovered"], false);
    assert_eq!(answer["rooms"][ROOM]["reason"], "newEpoch");
    let anew = say(&mut ada, SAY, "c").await;
    assert_eq!(number(&anew), 1);
    assert_ne!(epoch(&anew), epoch(&offset));
    assert_eq!(heard(&grace.hear("sync").await), "c");
}

#[tokio::test]
async fn a_member_that_joined_a_room_whose_log_was_forgotten_hears_what_comes_once() {
    let config = Config {
        history_rooms: 1,
        ..patient()
    };
    let server = server_with(config, Hooks::new());
    let (mut ada, _) = member(&server, "ada").await;
    say(&mut ada, SAY, "a").await;
    ada.room("joinRoom", "other").await;
    ada.request(SAY, "other", json!({ "text": "b" })).await;
    ada.hear("sync").await;
    let (mut grace, joined) = member(&server, "grace").await;
    assert_eq!(number(&joined), 0);
    let offset = say(&mut ada, SAY, "c").await;
    assert_eq!((epoch(&offset), number(&offset)), (epoch(&joined), 1));
    assert_eq!(heard(&grace.hear("sync").await), "c");
    say(&mut ada, SAY, "d").await;
    assert_eq!(heard(&grace.hear("sync").await), "d");
}

#[tokio::test]
async fn who_is_no_member_is_told_so_and_not_how_far_the_room_is() {
    let server = server();
    let (mut ada, offset) = member(&server, "ada").await;
    say(&mut ada, SAY, "a secret").await;
    let (cookie, _) = gone(&server, "grace").await;
    let mut grace = again(&server, &cookie).await;
    grace.room("leaveRoom", ROOM).await;
    let not_member = json!({ "recovered": false, "reason": "notMember" });
    for client in [&mut grace, &mut Client::connect(&server.router, "").await] {
        let answer = client.resume(&json!({ ROOM: offset })).await;
        assert_eq!(answer["rooms"], json!({ ROOM: not_member }));
        assert!(client.deliveries().is_empty());
    }
}

#[tokio::test]
async fn a_resume_on_a_connection_that_is_live_sends_nothing_twice() {
    let server = server();
    let (mut ada, joined) = member(&server, "ada").await;
    let first = say(&mut ada, SAY, "a").await;
    let second = say(&mut ada, SAY, "b").await;
    for offset in [&joined, &first, &second] {
        let answer = ada.resume(&json!({ ROOM: offset })).await;
        assert_eq!(
            answer["rooms"][ROOM],
            json!({ "recovered": true, "count": 0 })
        );
        assert!(ada.deliveries().is_empty());
    }
    let beyond = format!("{}:{}", epoch(&second), number(&second) + 1);
    let answer = ada.resume(&json!({ ROOM: beyond })).await;
    assert_eq!(answer["rooms"][ROOM]["reason"], "newEpoch");
}

#[tokio::test]
async fn a_client_that_went_on_can_resume_until_it_has_been_sent_something() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let (cookie, offset) = gone(&server, "grace").await;
    say(&mut ada, SAY, "a").await;

    let mut grace = again(&server, &cookie).await;
    grace.list().await;
    let answer = grace.resume(&json!({ ROOM: offset })).await;
    assert_eq!(
        answer["rooms"][ROOM],
        json!({ "recovered": true, "count": 1 })
    );
    assert_eq!(heard(&grace.hear("sync").await), "a");

    let mut late = again(&server, &cookie).await;
    late.list().await;
    let head = say(&mut ada, SAY, "b").await;
    assert_eq!(heard(&late.hear("sync").await), "b");
    let answer = late.resume(&json!({ ROOM: offset })).await;
    let lost = json!({ "recovered": false, "reason": "tooLate", "offset": head });
    assert_eq!(answer["rooms"][ROOM], lost);
    assert!(late.deliveries().is_empty());
}

#[tokio::test]
async fn a_hostile_resume_is_answered_with_an_error() {
    let server = server();
    let (mut ada, offset) = member(&server, "ada").await;
    let many: serde_json::Map<_, _> = (0..10_000)
        .map(|number| (number.to_string(), json!(offset)))
        .collect();
    let long = "x".repeat(100_000);
    for (rooms, code) in [
        (json!(null), "sync.invalidRequest"),
        (json!([]), "sync.invalidRequest"),
        (json!([["room", offset]]), "sync.invalidRequest"),
        (json!(7), "sync.invalidRequest"),
        (json!({ ROOM: null }), "sync.invalidRequest"),
        (json!({ ROOM: 7 }), "sync.invalidRequest"),
        (json!({ ROOM: "" }), "sync.invalidRequest"),
        (json!({ ROOM: "a:-1" }), "sync.invalidRequest"),
        (json!({ ROOM: long }), "sync.invalidRequest"),
        (json!({ "": offset }), "sync.invalidRequest"),
        (json!({ long: offset }), "sync.payloadTooLarge"),
        (json!(many), "sync.payloadTooLarge"),
    ] {
        let answer = ada.resume(&rooms).await;
        assert_eq!(answer["errorCode"], code, "{:.100}", rooms.to_string());
    }
    let answer = ada
        .resume(&json!({ "__proto__": offset, "constructor": offset }))
        .await;
    assert_eq!(answer["rooms"]["__proto__"]["reason"], "notMember");
    for packet in [
        json!(null),
        json!([1]),
        json!(7),
        json!("resume"),
        json!({ "rooms": {} }),
    ] {
        ada.emit("resume", &packet).await;
        let refused = ada.hear("resume").await;
        assert_eq!(refused["errorCode"], "sync.invalidRequest");
    }
    say(&mut ada, SAY, "all is well").await;
}

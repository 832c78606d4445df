//! What an app relies on of the pipeline, over polling sockets and HTTP without a network.

#![allow(clippy::expect_used, reason = "a test says what it expects")]

mod app;
mod client;
#[cfg(feature = "redis")]
mod cluster;
mod history;
mod hooked;
mod locale;
mod panics;
mod presence;
mod publish;
mod removal;
mod repeats;
mod store;
mod stream_routes;
mod streams;
mod transports;

#[doc(hidden)]
pub mod __sync {
    pub type App = crate::app::AppState;
}

use std::sync::{Arc, Mutex};

use serde_json::json;
use sync_runtime::{
    Failure, Hooks, Sessions,
    hooks::{
        PostSyncAuthorize, PostSyncExecute, PostSyncFanout, PostSyncValidate, PreSocketMessage,
        PreSyncAuthorize, PreSyncExecute, PreSyncFanout, PreSyncRecipient, PreSyncValidate,
        RateLimitExceeded, Shape,
    },
};

use self::{app::Server, client::Client};

async fn member(server: &Server, name: &str) -> Client {
    let mut client = Client::connect(&server.router, &server.log_in(name).await).await;
    let joined = client.room("joinRoom", "room").await;
    assert_eq!(joined, json!({ "rooms": ["room"] }));
    client
}

#[tokio::test]
async fn a_request_is_answered_and_delivered_to_every_member() {
    let server = Server::new();
    let (mut ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    let answer = ada
        .request("test/echo/v1", "room", json!({ "text": "hi" }))
        .await;
    assert_eq!(
        answer["result"],
        json!({ "status": "success", "text": "hi" })
    );
    for client in [&mut ada, &mut grace] {
        let delivery = client.hear("sync").await;
        assert_eq!(delivery["fullName"], "sync/test/echo/v1");
        assert_eq!(
            delivery["serverOutput"],
            json!({ "status": "success", "text": "hi" })
        );
        assert_eq!(delivery["clientOutput"], json!({}));
    }
}

/// Numbers that look random and are the same for the same seed: the linear congruential generator of
/// Knuth's MMIX.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_connection_sends_to_a_room_is_heard_in_order_and_once() {
    const SENDERS: usize = 3;
    const ROOMS: usize = 3;
    const REQUESTS: usize = 60;
    for seed in 0..20 {
        let mut random = Random(seed);
        let server = Server::new();
        let mut clients = Vec::new();
        for sender in 0..SENDERS {
            let cookie = server.log_in(&format!("user {sender}")).await;
            let mut client = Client::connect(&server.router, &cookie).await;
            for room in 0..ROOMS {
                client.room("joinRoom", &format!("room {room}")).await;
            }
            clients.push(client);
        }
        let mut sent = [[0; ROOMS]; SENDERS];
        for _ in 0..REQUESTS {
            let (sender, room) = (random.below(SENDERS), random.below(ROOMS));
            let number = sent[sender][room];
            sent[sender][room] += 1;
            let step = json!({
                "sender": sender, "room": room, "number": number, "pauses": random.below(20),
            });
            let room = format!("room {room}");
            clients[sender].begin("test/uneven/v1", &room, step).await;
        }
        for client in &mut clients {
            let mut heard = [[0; ROOMS]; SENDERS];
            for _ in 0..REQUESTS {
                let step = &client.hear("sync").await["serverOutput"];
                let field = |name: &str| {
                    let number = step[name].as_u64().expect("a number");
                    usize::try_from(number).expect("a small one")
                };
                let next = &mut heard[field("sender")][field("room")];
                assert_eq!(field("number"), *next, "seed {seed}: {step}");
                *next += 1;
            }
            assert_eq!(heard, sent, "seed {seed}");
            assert!(client.deliveries().is_empty(), "seed {seed}: heard twice");
        }
    }
}

#[tokio::test]
async fn each_recipient_gets_what_its_client_file_makes_of_it() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let mut others = Vec::new();
    for name in ["grace", "spy", "stranger", "unlucky", "clumsy", "deaf"] {
        others.push(member(&server, name).await);
    }
    ada.request("test/shaped/v1", "room", json!({ "owner": "ada" }))
        .await;
    let own = ada.hear("sync").await;
    assert_eq!(
        own["serverOutput"],
        json!({ "status": "success", "owner": "ada" })
    );
    assert_eq!(
        own["clientOutput"],
        json!({ "status": "success", "is_yours": true })
    );

    let [grace, spy, stranger, unlucky, clumsy, deaf] = &mut others[..] else {
        panic!("six others");
    };
    let hers = grace.hear("sync").await;
    assert_eq!(
        hers["clientOutput"],
        json!({ "status": "success", "is_yours": false })
    );
    let refused = spy.hear("sync").await;
    assert_eq!(refused["errorCode"], "test.spy");
    assert_eq!(refused["message"], "Spies hear nothing.");
    assert!(refused.get("serverOutput").is_none(), "{refused}");
    let refused = stranger.hear("sync").await;
    assert_eq!(refused["errorCode"], "sync.clientRejected");
    assert!(refused.get("serverOutput").is_none(), "{refused}");
    for failed in [unlucky, clumsy] {
        let failure = failed.hear("sync").await;
        assert_eq!(failure["errorCode"], "sync.clientExecutionFailed");
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }

    // The skipped one hears the next thing, and nothing before it.
    ada.request("test/echo/v1", "room", json!({ "text": "next" }))
        .await;
    assert_eq!(deaf.hear("sync").await["fullName"], "sync/test/echo/v1");
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_and_harms_nobody() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let answer = ada.request("test/panics/v1", "room", json!({})).await;
    assert_eq!(answer["errorCode"], "sync.serverExecutionFailed");
    assert!(!answer.to_string().contains("a test's panic"));
    let answer = ada
        .request("test/echo/v1", "room", json!({ "text": "still here" }))
        .await;
    assert_eq!(answer["status"], "success");
}

#[tokio::test]
async fn a_handler_is_stopped_after_the_time_its_route_says() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let answer = ada.request("test/slow/v1", "room", json!({})).await;
    assert_eq!(
        (&answer["errorCode"], &answer["httpStatus"]),
        (&json!("sync.requestTimeout"), &json!(504))
    );
}

#[tokio::test]
async fn an_error_of_the_route_carries_its_code_status_and_parameters() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let answer = ada
        .request("test/fails/v1", "room", json!({ "full": true }))
        .await;
    assert_eq!(
        answer,
        json!({
            "status": "error",
            "message": "At most 7 cards fit.",
            "errorCode": "test.laneFull",
            "errorParams": [{ "key": "maxCards", "value": 7 }],
            "httpStatus": 409,
        })
    );
}

#[tokio::test]
async fn what_failed_inside_is_not_told() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let answer = ada
        .request("test/fails/v1", "room", json!({ "full": false }))
        .await;
    assert_eq!(answer["errorCode"], "sync.serverExecutionFailed");
    assert!(!answer.to_string().contains("secret"), "{answer}");
}

#[tokio::test]
async fn predicates_decide_in_their_order_with_codes_of_their_own() {
    let server = Server::new();
    for (name, code) in [
        ("ada", None),
        ("nobody", Some("auth.forbidden")),
        ("eve", Some("test.notAFriend")),
    ] {
        let mut client = member(&server, name).await;
        let answer = client.request("test/guarded/v1", "room", json!({})).await;
        assert_eq!(answer["errorCode"].as_str(), code, "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_user_past_the_rate_of_a_route_waits_and_others_do_not() {
    let exceeded = Arc::new(Mutex::new(Vec::new()));
    let seen = exceeded.clone();
    let server = Server::with(Hooks::new().on(move |event: RateLimitExceeded| {
        let user = event.request.visitor.user_id().map(str::to_owned);
        seen.lock()
            .expect("not poisoned")
            .push((user, event.seconds));
        std::future::ready(())
    }));
    let (mut ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    for _ in 0..2 {
        assert_eq!(
            ada.request("test/limited/v1", "room", json!({})).await["status"],
            "success"
        );
    }
    let answer = ada.request("test/limited/v1", "room", json!({})).await;
    assert_eq!(answer["errorCode"], "sync.rateLimitExceeded");
    assert_eq!(
        answer["errorParams"],
        json!([{ "key": "seconds", "value": 30 }])
    );
    assert_eq!(
        *exceeded.lock().expect("not poisoned"),
        [(Some("ada".into()), 30)]
    );
    assert_eq!(
        grace.request("test/limited/v1", "room", json!({})).await["status"],
        "success"
    );
    assert_eq!(
        ada.request("test/echo/v1", "room", json!({ "text": "" }))
            .await["status"],
        "success"
    );
}

/// Hooks that note their names.
fn noting(names: &Arc<Mutex<Vec<String>>>) -> Hooks {
    macro_rules! note {
        ($hooks:expr, $($event:ident)*) => {{
            let hooks = $hooks;
            $(
                let seen = names.clone();
                let hooks = hooks.on(move |_: $event| {
                    seen.lock().expect("not poisoned").push(stringify!($event).into());
                    std::future::ready(())
                });
            )*
            hooks
        }};
    }
    let seen = names.clone();
    let hooks = Hooks::new().on(move |event: PreSyncRecipient| {
        let name = format!(
            "PreSyncRecipient {}",
            event.recipient.user_id().unwrap_or("?")
        );
        seen.lock().expect("not poisoned").push(name);
        std::future::ready(Shape::Keep)
    });
    let seen = names.clone();
    let hooks = hooks.on(move |event: PostSyncFanout| {
        let name = format!("PostSyncFanout {}", event.recipients);
        seen.lock().expect("not poisoned").push(name);
        std::future::ready(())
    });
    note!(
        hooks,
        PreSyncFanout PostSyncExecute PreSyncExecute PostSyncValidate PreSyncValidate
        PostSyncAuthorize PreSyncAuthorize PreSocketMessage
    )
}

#[tokio::test]
async fn hooks_run_in_the_order_of_the_wire_contract() {
    let names = Arc::new(Mutex::new(Vec::new()));
    let server = Server::with(noting(&names));
    let mut ada = member(&server, "ada").await;
    ada.request("test/echo/v1", "room", json!({ "text": "" }))
        .await;
    ada.hear("sync").await;
    // The next request is not begun before the last hook of this one is over.
    ada.request("test/fails/v1", "room", json!({ "full": true }))
        .await;
    let names = names.lock().expect("not poisoned").clone();
    let until_execution = [
        "PreSocketMessage",
        "PreSyncAuthorize",
        "PostSyncAuthorize",
        "PreSyncValidate",
        "PostSyncValidate",
        "PreSyncExecute",
        "PostSyncExecute",
    ];
    let fan_out = ["PreSyncFanout", "PreSyncRecipient ada", "PostSyncFanout 1"];
    let expected = [&until_execution[..], &fan_out, &until_execution].concat();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_hook_that_objects_stops_the_request_before_its_handler() {
    let ran = Arc::new(Mutex::new(false));
    let seen = ran.clone();
    let server = Server::with(
        Hooks::new()
            .on(|_: PreSyncAuthorize| async {
                Err(Failure::new("test.closed", "We are closed.").status(403))
            })
            .on(move |_: PreSyncExecute| {
                *seen.lock().expect("not poisoned") = true;
                std::future::ready(())
            }),
    );
    let mut ada = member(&server, "ada").await;
    let answer = ada
        .request("test/echo/v1", "room", json!({ "text": "" }))
        .await;
    assert_eq!(
        (&answer["errorCode"], &answer["httpStatus"]),
        (&json!("test.closed"), &json!(403))
    );
    assert!(!*ran.lock().expect("not poisoned"));
    assert!(ada.deliveries().is_empty());
}

#[tokio::test]
async fn a_hook_can_skip_a_recipient_or_replace_what_it_hears() {
    let server = Server::with(Hooks::new().on(|event: PreSyncRecipient| async move {
        match event.recipient.user_id() {
            Some("deaf") => Ok(Shape::Skip),
            Some("grace") => Shape::replace(&json!({ "text": "translated" })),
            Some("refused") => Shape::replace(&"no object"),
            _ => Ok(Shape::Keep),
        }
    }));
    let mut ada = member(&server, "ada").await;
    let (mut grace, mut refused, deaf) = (
        member(&server, "grace").await,
        member(&server, "refused").await,
        member(&server, "deaf").await,
    );
    ada.request("test/echo/v1", "room", json!({ "text": "as it is" }))
        .await;
    assert_eq!(ada.hear("sync").await["serverOutput"]["text"], "as it is");
    assert_eq!(
        grace.hear("sync").await["serverOutput"]["text"],
        "translated"
    );
    let error = &refused.hear("sync").await["errorCode"];
    assert_eq!(error, "sync.serverExecutionFailed");
    assert!(deaf.deliveries().is_empty());
}

#[tokio::test]
async fn a_cancelled_request_is_answered_and_reaches_nobody() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let index = ada.begin("test/endless/v1", "room", json!({})).await;
    let handshake = ada.hear(&format!("sync-progress-{index}")).await;
    ada.emit("syncCancel", &json!({ "cb": handshake["__cancelId"] }))
        .await;
    let answer = ada.hear(&format!("sync-{index}")).await;
    assert_eq!(
        (&answer["errorCode"], &answer["httpStatus"]),
        (&json!("request.aborted"), &json!(499))
    );
    assert!(ada.deliveries().is_empty());
}

#[tokio::test]
async fn code_of_the_app_before_the_handler_is_answered_for_whatever_becomes_of_it() {
    let server = Server::new();
    let (mut ada, mut eve) = (member(&server, "ada").await, member(&server, "eve").await);
    let code = |answer: serde_json::Value| answer["errorCode"].as_str().map(str::to_owned);
    let panicked = eve.request("test/doubtful/v1", "room", json!({})).await;
    assert_eq!(
        code(panicked).as_deref(),
        Some("sync.serverExecutionFailed")
    );
    let late = ada.request("test/doubtful/v1", "room", json!({})).await;
    assert_eq!(code(late).as_deref(), Some("sync.requestTimeout"));
    let broken = ada.request("test/unreadable/v1", "room", json!({})).await;
    assert_eq!(code(broken).as_deref(), Some("sync.serverExecutionFailed"));

    let index = ada.begin("test/hesitant/v1", "room", json!({})).await;
    let handshake = ada.hear(&format!("sync-progress-{index}")).await;
    ada.emit("syncCancel", &json!({ "cb": handshake["__cancelId"] }))
        .await;
    let cancelled = ada.hear(&format!("sync-{index}")).await;
    assert_eq!(code(cancelled).as_deref(), Some("request.aborted"));
    // What is behind it has its turn.
    let next = ada
        .request("test/echo/v1", "room", json!({ "text": "hi" }))
        .await;
    assert_eq!(next["status"], "success");
}

#[tokio::test]
async fn an_anonymous_connection_reaches_a_route_for_everybody_through_its_own_room() {
    let server = Server::new();
    let mut somebody = Client::connect(&server.router, "").await;
    let rooms = somebody.room("joinRoom", "room").await;
    assert_eq!(rooms["errorCode"], "session.notFound");
    let refused = somebody
        .request("test/anonymous/v1", "room", json!({}))
        .await;
    assert_eq!(refused["errorCode"], "sync.notRoomMember");
    let own_room = somebody.id.clone();
    let answer = somebody
        .request("test/anonymous/v1", &own_room, json!({}))
        .await;
    assert_eq!(
        answer["result"],
        json!({ "status": "success", "name": null })
    );
    assert_eq!(
        somebody.hear("sync").await["serverOutput"]["name"],
        json!(null)
    );
    let refused = somebody
        .request("test/echo/v1", "room", json!({ "text": "" }))
        .await;
    assert_eq!(refused["errorCode"], "auth.required");
}

#[tokio::test]
async fn nobody_else_can_join_or_reach_the_room_of_a_connection() {
    let server = Server::new();
    let somebody = Client::connect(&server.router, "").await;
    let mut ada = member(&server, "ada").await;
    let joined = ada.room("joinRoom", &somebody.id).await;
    assert_eq!(joined["errorCode"], "room.joinBlocked");
    let refused = ada
        .request("test/echo/v1", &somebody.id, json!({ "text": "" }))
        .await;
    assert_eq!(refused["errorCode"], "sync.notRoomMember");
}

#[tokio::test]
async fn no_connection_is_in_more_rooms_than_a_session_may_be() {
    let server = Server::of(Sessions::in_memory().max_rooms(2), Hooks::new());
    let cookie = server.log_in("ada").await;
    let mut one = Client::connect(&server.router, &cookie).await;
    let mut other = Client::connect(&server.router, &cookie).await;
    for (rooms, joined) in [("ab", ["a", "b"]), ("ef", ["e", "f"])] {
        let mut answer = json!(null);
        for room in rooms.chars() {
            answer = one.room("joinRoom", &room.to_string()).await;
        }
        assert_eq!(answer, json!({ "rooms": joined }));
        for room in ["c", "d"] {
            answer = other.room("joinRoom", room).await;
        }
        assert_eq!(answer, json!({ "rooms": ["c", "d"] }));
    }
    let refused = one
        .request("test/echo/v1", "a", json!({ "text": "" }))
        .await;
    assert_eq!(refused["errorCode"], "sync.notRoomMember");
}

//! Requests with a `requestId`: they run once, however often they are made.

use std::time::Duration;

use serde_json::{Value, json};
use sync_runtime::{Config, Hooks, Routes, Sessions, codegen::route};

use crate::{
    app::{AppState, Server},
    client::{Client, post},
};

pub const COUNT: &str = "repeat/count/v1";
pub const WAIT: &str = "repeat/wait/v1";
const FAIL: &str = "repeat/fail/v1";
const FINISH: &str = "repeat/finish/v1";
const HANG: &str = "repeat/hang/v1";

fn server() -> Server {
    server_with(Config::default())
}

fn server_with(config: Config) -> Server {
    Server::custom(routes(), Sessions::in_memory(), Hooks::new(), config)
}

pub fn routes() -> Routes<AppState> {
    Routes::new()
        .server::<count::__SyncHandler>(route("repeat/count", 1))
        .server::<wait::__SyncHandler>(route("repeat/wait", 1))
        .server::<fail::__SyncHandler>(route("repeat/fail", 1))
        .server::<finish::__SyncHandler>(route("repeat/finish", 1))
        .server::<hang::__SyncHandler>(route("repeat/hang", 1))
}

/// Counts how often it ran.
mod count {
    use sync_runtime::prelude::*;

    use crate::app::AppState;

    #[derive(Serialize, TS)]
    pub struct Ran {
        pub times: usize,
    }

    #[derive(Deserialize, TS)]
    pub struct Note {
        #[allow(dead_code, reason = "only its presence matters")]
        note: String,
    }

    #[sync_handler(auth = none)]
    pub async fn main(Input(_): Input<Note>, State(state): State<AppState>) -> Ran {
        Ran { times: state.run() }
    }
}

/// Waits to be let go on, and counts then.
mod wait {
    use sync_runtime::prelude::*;

    use super::count::Ran;
    use crate::app::AppState;

    #[sync_handler(auth = login, timeout = "1min")]
    pub async fn main(State(state): State<AppState>) -> Ran {
        state.begun.notify_one();
        state.go_on.notified().await;
        Ran { times: state.run() }
    }
}

/// Counts, and then waits to be let go on, whether or not its client is there.
mod finish {
    use sync_runtime::prelude::*;

    use super::count::Ran;
    use crate::app::AppState;

    #[sync_handler(auth = login, on_disconnect = finish)]
    pub async fn main(State(state): State<AppState>, _ran: Broadcast<Ran>) -> Ran {
        let times = state.run();
        state.go_on.notified().await;
        Ran { times }
    }
}

/// Takes all the time it may.
mod hang {
    use sync_runtime::prelude::*;

    #[sync_handler(auth = login, timeout = "1s")]
    pub async fn main() {
        std::future::pending::<()>().await;
    }
}

/// Fails after it has run.
mod fail {
    use sync_runtime::prelude::*;

    use crate::app::AppState;

    #[derive(Deserialize, TS)]
    pub struct How {
        panics: bool,
    }

    #[derive(Debug, SyncError)]
    pub enum Failed {
        #[sync_error(code = "test.failed", message = "Failed {times} times.")]
        Times { times: usize },
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(how): Input<How>, State(state): State<AppState>) -> Result<(), Failed> {
        let times = state.run();
        assert!(!how.panics, "a test's panic");
        Err(Failed::Times { times })
    }
}

async fn member(server: &Server, name: &str) -> Client {
    let mut client = Client::connect(&server.router, &server.log_in(name).await).await;
    client.room("joinRoom", "room").await;
    client
}

async fn ask(client: &mut Client, route: &str, id: &str, data: Value) -> Value {
    let index = begin(client, route, id, data).await;
    client.hear(&format!("sync-{index}")).await
}

async fn begin(client: &mut Client, route: &str, id: &str, data: Value) -> u64 {
    client
        .begin_with(route, "room", data, json!({ "requestId": id }))
        .await
}

fn note() -> Value {
    json!({ "note": "hi" })
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_was_and_the_room_hears_it_once() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    let first = ask(&mut ada, COUNT, "a", note()).await;
    assert_eq!(first["result"], json!({ "status": "success", "times": 1 }));
    assert_eq!(ask(&mut ada, COUNT, "a", note()).await, first);
    let second = ask(&mut ada, COUNT, "b", note()).await;
    assert_eq!(second["result"]["times"], 2);
    let without = ada.request(COUNT, "room", note()).await;
    assert_eq!(without["result"]["times"], 3);
    for times in 1..=3 {
        assert_eq!(ada.hear("sync").await["serverOutput"]["times"], times);
    }
    assert!(ada.deliveries().is_empty());
}

#[tokio::test]
async fn a_repeat_may_come_from_another_connection_of_the_user_or_over_http() {
    let server = server();
    let cookie = server.log_in("ada").await;
    let mut one = Client::connect(&server.router, &cookie).await;
    one.room("joinRoom", "room").await;
    let first = ask(&mut one, COUNT, "a", note()).await;
    let mut device = member(&server, "ada").await;
    assert_eq!(ask(&mut device, COUNT, "a", note()).await, first);
    let body = json!({ "data": note(), "receiver": "room", "requestId": "a" });
    let (status, answer) = post(&server.router, "/sync/repeat/count/v1", &cookie, &body).await;
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_str::<Value>(&answer).ok(), Some(first));
}

#[tokio::test]
async fn an_id_is_of_one_user_and_one_route() {
    let server = server();
    let (mut ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    ask(&mut ada, COUNT, "a", note()).await;
    let hers = ask(&mut grace, COUNT, "a", note()).await;
    assert_eq!(hers["result"]["times"], 2);
    let failed = ask(&mut ada, FAIL, "a", json!({ "panics": false })).await;
    assert_eq!(failed["errorCode"], "test.failed");
}

#[tokio::test]
async fn an_anonymous_id_is_of_one_connection() {
    let server = server();
    for times in 1..=2 {
        let mut somebody = Client::connect(&server.router, "").await;
        let room = somebody.id.clone();
        for _ in 0..2 {
            let more = json!({ "requestId": "a" });
            let index = somebody.begin_with(COUNT, &room, note(), more).await;
            let answer = somebody.hear(&format!("sync-{index}")).await;
            assert_eq!(answer["result"]["times"], times);
        }
    }
}

#[tokio::test]
async fn a_repeat_with_another_content_is_refused() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    ask(&mut ada, COUNT, "a", note()).await;
    let refused = ask(&mut ada, COUNT, "a", json!({ "note": "else" })).await;
    assert_eq!(refused["errorCode"], "sync.requestIdReused");
    assert_eq!(refused["httpStatus"], 409);
    ada.room("joinRoom", "other").await;
    let more = json!({ "requestId": "a" });
    let index = ada.begin_with(COUNT, "other", note(), more).await;
    let refused = ada.hear(&format!("sync-{index}")).await;
    assert_eq!(refused["errorCode"], "sync.requestIdReused");
}

#[tokio::test]
async fn a_repeat_of_a_request_that_runs_waits_for_it() {
    let server = server();
    let (mut one, mut other) = (member(&server, "ada").await, member(&server, "ada").await);
    let first = begin(&mut one, WAIT, "a", json!({})).await;
    let repeat = begin(&mut other, WAIT, "a", json!({})).await;
    other.list().await;
    assert!(!other.has_heard(&format!("sync-{repeat}")));
    server.go_on();
    let answer = one.hear(&format!("sync-{first}")).await;
    assert_eq!(answer["result"]["times"], 1);
    assert_eq!(other.hear(&format!("sync-{repeat}")).await, answer);
}

#[tokio::test]
async fn a_repeat_that_waits_can_be_cancelled() {
    let server = server();
    let (mut one, mut other) = (member(&server, "ada").await, member(&server, "ada").await);
    begin(&mut one, WAIT, "a", json!({})).await;
    let repeat = begin(&mut other, WAIT, "a", json!({})).await;
    let handshake = other.hear(&format!("sync-progress-{repeat}")).await;
    let cancel = json!({ "cb": handshake["__cancelId"] });
    other.emit("syncCancel", &cancel).await;
    let answer = other.hear(&format!("sync-{repeat}")).await;
    assert_eq!(answer["errorCode"], "request.aborted");
}

#[tokio::test]
async fn a_request_that_was_stopped_did_not_run_and_its_repeat_does() {
    let server = server();
    let (mut one, mut other) = (member(&server, "ada").await, member(&server, "ada").await);
    let first = begin(&mut one, WAIT, "a", json!({})).await;
    let handshake = one.hear(&format!("sync-progress-{first}")).await;
    let repeat = begin(&mut other, WAIT, "a", json!({})).await;
    let cancel = json!({ "cb": handshake["__cancelId"] });
    one.emit("syncCancel", &cancel).await;
    let answer = one.hear(&format!("sync-{first}")).await;
    assert_eq!(answer["errorCode"], "request.aborted");
    server.go_on();
    let answer = other.hear(&format!("sync-{repeat}")).await;
    assert_eq!(answer["result"]["times"], 1);
}

#[tokio::test]
async fn a_request_whose_connection_broke_is_run_by_its_repeat_if_it_had_not_finished() {
    let server = server();
    let mut one = member(&server, "ada").await;
    begin(&mut one, WAIT, "a", json!({})).await;
    one.leave().await;
    let mut other = member(&server, "ada").await;
    let repeat = begin(&mut other, WAIT, "a", json!({})).await;
    server.go_on();
    let answer = other.hear(&format!("sync-{repeat}")).await;
    assert_eq!(answer["result"]["times"], 1);
    assert_eq!(ask(&mut other, WAIT, "a", json!({})).await, answer);
}

#[tokio::test]
async fn a_request_that_goes_on_without_its_client_answers_the_repeat() {
    let server = server();
    let mut one = member(&server, "ada").await;
    begin(&mut one, FINISH, "a", json!({})).await;
    one.leave().await;
    let mut other = member(&server, "ada").await;
    let repeat = begin(&mut other, FINISH, "a", json!({})).await;
    other.list().await;
    assert!(!other.has_heard(&format!("sync-{repeat}")));
    server.go_on();
    let answer = other.hear(&format!("sync-{repeat}")).await;
    assert_eq!(answer["result"]["times"], 1);
}

#[tokio::test]
async fn the_repeat_of_a_request_that_streams_holds_up_nobody() {
    let server = server();
    let (mut one, mut other) = (member(&server, "ada").await, member(&server, "ada").await);
    begin(&mut one, FINISH, "a", json!({})).await;
    let repeat = begin(&mut other, FINISH, "a", json!({})).await;
    let behind = other.request(COUNT, "room", note()).await;
    assert_eq!(behind["status"], "success");
    server.go_on();
    let answer = other.hear(&format!("sync-{repeat}")).await;
    assert_eq!(answer["result"]["times"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_repeat_waits_no_longer_than_its_handler_may_run() {
    let server = server();
    let begun = tokio::time::Instant::now();
    let mut answers = Vec::new();
    for _ in 0..3 {
        let mut client = member(&server, "ada").await;
        let index = begin(&mut client, HANG, "a", json!({})).await;
        answers.push((client, format!("sync-{index}")));
        tokio::time::advance(Duration::from_millis(300)).await;
    }
    // The second one takes over when the time of the first is over, and the third does not wait for its end.
    let (mut third, answer) = answers.pop().expect("three clients");
    let answer = third.hear(&answer).await;
    assert_eq!(answer["errorCode"], "sync.requestTimeout");
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(2), "{waited:?}");
}

#[tokio::test]
async fn a_failure_of_a_handler_that_ran_is_remembered_too() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    let first = ask(&mut ada, FAIL, "a", json!({ "panics": false })).await;
    assert_eq!(first["errorCode"], "test.failed");
    assert_eq!(
        first["errorParams"],
        json!([{ "key": "times", "value": 1 }])
    );
    assert_eq!(
        ask(&mut ada, FAIL, "a", json!({ "panics": false })).await,
        first
    );
    let panicked = ask(&mut ada, FAIL, "b", json!({ "panics": true })).await;
    assert_eq!(panicked["errorCode"], "sync.serverExecutionFailed");
    assert_eq!(
        ask(&mut ada, FAIL, "b", json!({ "panics": true })).await,
        panicked
    );
    let third = ask(&mut ada, FAIL, "c", json!({ "panics": false })).await;
    assert_eq!(third["errorParams"][0]["value"], 3);
}

#[tokio::test]
async fn a_request_that_was_refused_before_it_ran_is_not_remembered() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    let refused = ask(&mut ada, COUNT, "a", json!({ "wrong": true })).await;
    assert_eq!(refused["errorCode"], "sync.invalidInputType");
    let answer = ask(&mut ada, COUNT, "a", note()).await;
    assert_eq!(answer["result"]["times"], 1);
}

#[tokio::test(start_paused = true)]
async fn after_the_window_a_repeat_is_a_new_request() {
    let server = server_with(Config {
        request_id_window: Duration::from_secs(5),
        ..Config::default()
    });
    let mut ada = member(&server, "ada").await;
    for times in [1, 1, 2] {
        let answer = ask(&mut ada, COUNT, "a", note()).await;
        assert_eq!(answer["result"]["times"], times);
        tokio::time::advance(Duration::from_secs(3)).await;
    }
}

#[tokio::test]
async fn what_cannot_be_an_id_is_refused() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    for id in [
        json!(""),
        json!(7),
        json!({}),
        json!("a b"),
        json!("x".repeat(65)),
    ] {
        let more = json!({ "requestId": id });
        let index = ada.begin_with(COUNT, "room", note(), more).await;
        let refused = ada.hear(&format!("sync-{index}")).await;
        assert_eq!(refused["errorCode"], "sync.invalidRequest", "{id}");
    }
    let more = json!({ "requestId": null });
    let index = ada.begin_with(COUNT, "room", note(), more).await;
    let answer = ada.hear(&format!("sync-{index}")).await;
    assert_eq!(answer["status"], "success");
}

//! What hooks put onto a request, in the hands of its handler, and what a server says of hooks that it does not have.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use sync_runtime::{
    Hooks,
    hooks::{PostSyncExecute, PreRoomJoin, PreSyncAuthorize, PreSyncExecute, PreSyncValidate},
};
use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, NoSubscriber},
};

use crate::{
    app::{Server, Tenant},
    client::Client,
};

async fn ask(server: &Server, user: &str, route: &str) -> Value {
    let mut client = Client::connect(&server.router, &server.log_in(user).await).await;
    client.room("joinRoom", "room").await;
    client.request(route, "room", json!({})).await
}

#[tokio::test]
async fn a_handler_takes_what_a_hook_has_put_onto_its_request() {
    let server = Server::with(
        Hooks::new()
            .on(|event: PreSyncAuthorize| async move {
                event.request.insert(Tenant("nobody's".into()));
            })
            .on(|event: PreSyncValidate| async move {
                let user = event.request.visitor.user_id().unwrap_or_default();
                let before = event.request.get::<Tenant>().unwrap_or_default();
                event
                    .request
                    .insert(Tenant(format!("{user}'s, not {}", before.0)));
            }),
    );
    for user in ["ada", "grace"] {
        let answer = ask(&server, user, "test/tenant/v1").await;
        assert_eq!(
            answer["result"]["tenant"],
            format!("{user}'s, not nobody's")
        );
        let answer = ask(&server, user, "test/anyTenant/v1").await;
        assert_eq!(
            answer["result"]["tenant"],
            format!("{user}'s, not nobody's")
        );
    }
}

#[tokio::test]
async fn what_one_request_was_given_no_other_has() {
    let server = Server::with(Hooks::new().on(|event: PreSyncAuthorize| async move {
        if event.request.visitor.user_id() == Some("ada") {
            event.request.insert(Tenant("ada's".into()));
        }
    }));
    let answer = ask(&server, "ada", "test/anyTenant/v1").await;
    assert_eq!(answer["result"]["tenant"], "ada's");
    let answer = ask(&server, "grace", "test/anyTenant/v1").await;
    assert_eq!(answer["result"]["tenant"], Value::Null);
}

#[tokio::test]
async fn later_hooks_of_a_request_find_what_earlier_ones_have_put() {
    let found = Arc::new(Mutex::new(None));
    let note = found.clone();
    let server = Server::with(
        Hooks::new()
            .on(|event: PreSyncExecute| async move { event.request.insert(Tenant("late".into())) })
            .on(move |event: PostSyncExecute| {
                *note.lock().expect("not poisoned") = event.request.get::<Tenant>();
                std::future::ready(())
            }),
    );
    // The parameters have been read by then.
    let answer = ask(&server, "ada", "test/anyTenant/v1").await;
    assert_eq!(answer["result"]["tenant"], Value::Null);
    let found = found.lock().expect("not poisoned").take();
    assert_eq!(found, Some(Tenant("late".into())));
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged until the end of a test, all of which is done in one thread.
fn logged() -> (Log, (DefaultGuard, Dispatch)) {
    // Of a single subscriber tracing believes that all threads have it or none, and asks whichever comes first to a
    // place that logs: another test's, which has none.
    let second = Dispatch::new(NoSubscriber::new());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    (log, (tracing::subscriber::set_default(subscriber), second))
}

impl Log {
    fn text(&self) -> String {
        let log = self.0.lock().expect("not poisoned").clone();
        String::from_utf8(log).expect("text")
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_value_that_no_hook_has_put_is_the_apps_mistake_and_the_log_says_what_to_do() {
    let (log, _here) = logged();
    let answer = ask(&Server::new(), "ada", "test/tenant/v1").await;
    assert_eq!(answer["errorCode"], "sync.serverExecutionFailed");
    assert!(!answer.to_string().contains("Tenant"), "{answer}");
    let log = log.text();
    let expected = "no hook has put a `pipeline::app::Tenant` onto the request: let one of \
        `PreSyncAuthorize`, `PostSyncAuthorize` or `PreSyncValidate` do so with \
        `event.request.insert(...)`, or take it as an `Option`";
    assert!(log.contains(expected), "{log}");
}

#[test]
fn a_server_in_which_nothing_says_who_may_join_a_room_says_so() {
    const WARNING: &str = "whoever is logged in may join any room";
    let (log, _here) = logged();
    Server::with(Hooks::new().on(|_: PreRoomJoin| async { true }));
    assert!(!log.text().contains(WARNING), "{}", log.text());
    Server::new();
    assert!(log.text().contains(WARNING), "{}", log.text());
}

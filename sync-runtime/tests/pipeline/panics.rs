//! What becomes of who waits for an answer while code of the app panics.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use sync_runtime::{Hooks, Messages, Routes, SessionUser, Sessions, SyncServer};
use tokio::time::sleep;

use crate::{
    app::{self, Server, User},
    client::{Client, post, post_with},
    member,
    store::Eventful,
};

const CODE: &str = "sync.serverExecutionFailed";

/// A server, and what breaks its store.
fn fragile() -> (Server, Arc<AtomicBool>) {
    let is_broken = Arc::new(AtomicBool::new(false));
    let store = {
        let is_broken = is_broken.clone();
        Eventful::before(move || {
            assert!(!is_broken.load(Ordering::SeqCst), "a store that panics");
            Box::pin(async {})
        })
    };
    let sessions = Sessions::new(store).bearer(true);
    (Server::of(sessions, Hooks::new()), is_broken)
}

#[tokio::test]
async fn whoever_asks_a_socket_is_answered_when_the_session_store_panics() {
    let (server, is_broken) = fragile();
    let mut ada = member(&server, "ada").await;
    is_broken.store(true, Ordering::SeqCst);
    for event in ["joinRoom", "leaveRoom"] {
        assert_eq!(ada.room(event, "room").await["errorCode"], CODE, "{event}");
    }
    assert_eq!(ada.resume(&json!({})).await["errorCode"], CODE);
    let request = ada.request("test/echo/v1", "room", json!({ "text": "hi" }));
    assert_eq!(request.await["errorCode"], CODE);
    is_broken.store(false, Ordering::SeqCst);
    // What is behind it has its turn.
    let joined = ada.room("joinRoom", "room").await;
    assert_eq!(joined, json!({ "rooms": ["room"] }));
}

#[tokio::test]
async fn whoever_connects_is_refused_when_the_session_store_panics() {
    let (server, is_broken) = fragile();
    let cookie = server.log_in("ada").await;
    is_broken.store(true, Ordering::SeqCst);
    let refused = Client::knock(&server.router, &cookie).await;
    assert!(refused.starts_with("44"), "{refused}");
}

#[tokio::test]
async fn a_request_over_http_is_answered_when_the_session_store_panics() {
    let (server, is_broken) = fragile();
    let cookie = server.log_in("ada").await;
    is_broken.store(true, Ordering::SeqCst);
    let body = json!({ "data": { "text": "hi" }, "receiver": "room" });
    let (status, _) = post(&server.router, "/sync/test/echo/v1", &cookie, &body).await;
    assert_eq!(status, 500);
    // The page of another origin has to know the token of a session.
    let headers = [
        ("host", "board.example"),
        ("origin", "https://other.example"),
        ("authorization", "Bearer secret"),
    ];
    let (status, answer) = post_with(&server.router, "/sync/test/echo/v1", &headers, &body).await;
    assert_eq!(status, 500);
    let answer: Value = serde_json::from_str(&answer).expect("an answer");
    assert_eq!(answer["errorCode"], CODE);
}

#[tokio::test(start_paused = true)]
async fn the_ends_of_sessions_are_heard_again_after_the_store_has_panicked_while_it_told_them() {
    let sessions = Sessions::new(Eventful::panicking_twice());
    let server = Server::of(sessions.clone(), Hooks::new());
    let mut ada = member(&server, "ada").await;
    // It is heard by nobody when it is told.
    sleep(Duration::from_secs(1)).await;
    assert_eq!(sessions.revoke_user("ada").await.expect("revoked"), 1);
    let ended = ada.hear("sync-session-ended").await;
    assert_eq!(ended, json!({ "reason": "expired" }));
}

#[tokio::test]
async fn whom_presence_cannot_describe_joins_all_the_same() {
    let profile = |user: &User| {
        assert_ne!(user.name, "eve", "a profile that panics");
        json!({ "name": user.name })
    };
    let server = Server::built(app::routes(), Sessions::in_memory(), |server| {
        server.presence(profile)
    });
    let mut ada = member(&server, "ada").await;
    let cookie = server.log_in("eve").await;
    let mut eve = Client::connect(&server.router, &cookie).await;
    let joined = eve.room("joinRoom", "room").await;
    assert_eq!(joined, json!({ "rooms": ["room"] }));
    // Nor do the rooms keep her out in which her session is already.
    assert!(
        Client::knock(&server.router, &cookie)
            .await
            .starts_with("40")
    );
    let here = ada.room("watchPresence", "room").await;
    assert_eq!(here, json!({ "users": [{ "id": "ada", "name": "ada" }] }));
}

/// Of an app whose users panic.
mod vague {
    use super::*;

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    pub struct Stranger(pub String);

    impl SessionUser for Stranger {
        fn user_id(&self) -> &str {
            &self.0
        }

        fn language(&self) -> Option<&str> {
            panic!("a user that panics")
        }
    }

    #[derive(Debug, Clone)]
    pub struct Strangers;

    impl sync_runtime::App for Strangers {
        type User = Stranger;
    }
}

#[tokio::test]
async fn who_knows_no_language_is_answered() {
    let sessions = Sessions::in_memory();
    let opened = sessions
        .open(vague::Stranger("ada".into()))
        .await
        .expect("opened");
    let headers = axum::http::HeaderMap::new();
    let cookie = opened.set_cookie(&headers).expect("a cookie");
    let cookie = cookie.to_str().expect("text").split(';').next();
    let cookie = cookie.expect("a cookie").to_owned();
    let dutch = [
        ("sync.invalidRequest", "Dat is geen verzoek."),
        ("routing.forbidden", "Dat mag niet."),
    ];
    let sync = SyncServer::builder(vague::Strangers, Routes::new(), sessions)
        .messages(Messages::new().add("nl", dutch))
        .build()
        .expect("good settings");
    let router = sync.mount(axum::Router::new());
    let refused = Client::knock(&router, &cookie).await;
    assert!(refused.starts_with("44"), "{refused}");
    let (status, answer) = post(&router, "/sync/test/echo/v1", &cookie, &json!([])).await;
    assert_eq!(status, 500, "{answer}");
}

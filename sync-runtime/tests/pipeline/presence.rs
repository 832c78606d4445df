//! Who is in a room, as its members hear of it.

use std::time::Duration;

use serde_json::{Value, json};
use sync_runtime::{Config, Routes, SessionUser, Sessions, SyncServer};
use tokio::time::Instant;

use crate::{
    app::{AppState, Server, User},
    client::Client,
    member,
};

const GRACE: Duration = Duration::from_secs(5);

fn server() -> Server {
    Server::with_presence(Config::default())
}

fn user(name: &str) -> Value {
    json!({ "id": name, "name": name.to_uppercase() })
}

async fn watch(client: &mut Client) -> Value {
    client.room("watchPresence", "room").await
}

fn joined(users: &[&str]) -> Value {
    let users: Vec<_> = users.iter().map(|name| user(name)).collect();
    json!({ "room": "room", "joined": users, "left": [] })
}

fn left(users: &[&str]) -> Value {
    json!({ "room": "room", "joined": [], "left": users })
}

#[tokio::test]
async fn a_member_that_watches_hears_who_is_here_and_then_who_comes_and_goes() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    let mut grace = member(&server, "grace").await;
    let users = json!({ "users": [user("ada"), user("grace")] });
    assert_eq!(watch(&mut ada).await, users);
    let mut eve = member(&server, "eve").await;
    assert_eq!(ada.hear("sync-presence").await, joined(&["eve"]));
    eve.room("leaveRoom", "room").await;
    assert_eq!(ada.hear("sync-presence").await, left(&["eve"]));
    grace.list().await;
    assert!(!grace.has_heard("sync-presence"));
}

#[tokio::test]
async fn a_user_with_several_connections_is_here_once() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    watch(&mut ada).await;
    let mut phone = member(&server, "grace").await;
    assert_eq!(ada.hear("sync-presence").await, joined(&["grace"]));
    let mut laptop = member(&server, "grace").await;
    let users = json!({ "users": [user("ada"), user("grace")] });
    assert_eq!(watch(&mut laptop).await, users);
    phone.room("leaveRoom", "room").await;
    laptop.room("leaveRoom", "room").await;
    assert_eq!(ada.hear("sync-presence").await, left(&["grace"]));
    ada.list().await;
    assert!(!ada.has_heard("sync-presence"));
}

#[tokio::test(start_paused = true)]
async fn who_is_lost_has_left_after_a_while() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    let grace = member(&server, "grace").await;
    watch(&mut ada).await;
    let lost = Instant::now();
    grace.leave().await;
    assert_eq!(ada.hear("sync-presence").await, left(&["grace"]));
    let waited = lost.elapsed();
    assert!(waited >= GRACE && waited < GRACE * 2, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_in_time_has_never_left() {
    let server = server();
    let mut ada = member(&server, "ada").await;
    let cookie = server.log_in("grace").await;
    let mut grace = Client::connect(&server.router, &cookie).await;
    grace.room("joinRoom", "room").await;
    watch(&mut ada).await;
    grace.leave().await;
    let mut again = Client::connect(&server.router, &cookie).await;
    assert_eq!(again.list().await["rooms"], json!(["room"]));
    tokio::time::advance(GRACE * 2).await;
    let eve = member(&server, "eve").await;
    assert_eq!(ada.hear("sync-presence").await, joined(&["eve"]));
    drop(eve);
}

#[tokio::test]
async fn only_members_may_watch_and_only_as_long_as_they_are() {
    let server = server();
    let mut eve = Client::connect(&server.router, &server.log_in("eve").await).await;
    let mut nobody = Client::connect(&server.router, "").await;
    for outsider in [&mut eve, &mut nobody] {
        let refused = watch(outsider).await;
        assert_eq!(refused["errorCode"], "sync.notRoomMember");
    }
    let own_room = nobody.id.clone();
    let refused = nobody.room("watchPresence", &own_room).await;
    assert_eq!(refused["errorCode"], "sync.notRoomMember");

    let mut ada = member(&server, "ada").await;
    watch(&mut ada).await;
    ada.room("leaveRoom", "room").await;
    let mut grace = member(&server, "grace").await;
    watch(&mut grace).await;
    ada.list().await;
    assert!(!ada.has_heard("sync-presence"));
}

#[tokio::test]
async fn who_watches_no_more_hears_nothing() {
    let server = server();
    let (mut ada, mut grace) = (member(&server, "ada").await, member(&server, "grace").await);
    watch(&mut ada).await;
    watch(&mut grace).await;
    assert_eq!(ada.room("unwatchPresence", "room").await, json!({}));
    let eve = member(&server, "eve").await;
    assert_eq!(grace.hear("sync-presence").await, joined(&["eve"]));
    ada.list().await;
    assert!(!ada.has_heard("sync-presence"));
    drop(eve);
}

#[tokio::test]
async fn a_room_of_more_users_than_may_be_listed_is_not() {
    let server = Server::with_presence(Config {
        presence_users: 1,
        ..Config::default()
    });
    let mut ada = member(&server, "ada").await;
    assert_eq!(watch(&mut ada).await, json!({ "users": [user("ada")] }));
    let mut grace = member(&server, "grace").await;
    let refused = watch(&mut grace).await;
    assert_eq!(refused["errorCode"], "sync.payloadTooLarge");
}

#[tokio::test]
async fn without_profiles_nobody_is_told() {
    let server = Server::new();
    let mut ada = member(&server, "ada").await;
    let refused = watch(&mut ada).await;
    assert_eq!(refused["errorCode"], "sync.notFound");
    let refused = ada.room("watchPresence", "").await;
    assert_eq!(refused["errorCode"], "sync.invalidRequest");
}

#[test]
fn profiles_of_another_user_than_the_apps_are_refused() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Other;

    impl SessionUser for Other {
        fn user_id(&self) -> &'static str {
            ""
        }
    }

    let server = || {
        let sessions = Sessions::<User>::in_memory();
        SyncServer::builder(AppState::default(), Routes::new(), sessions)
    };
    assert!(server().presence(|_: &User| json!({})).build().is_ok());
    let wrong = server().presence(|_: &Other| json!({})).build();
    let error = wrong.err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("presence")));
}

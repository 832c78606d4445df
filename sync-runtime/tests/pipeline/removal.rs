//! Members who are taken out of a room while they come in, and those who come in again on what they left.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;
use sync_runtime::{
    EndReason, Failure, Hooks, Member, MemorySessions, NewSession, Publisher, RoomCode, SessionKey,
    SessionRecord, SessionStore, Sessions, StoreFuture, hooks::PostRoomLeave,
};

use crate::{
    app::{Server, User, routes},
    client::Client,
    member,
};

/// Takes Mallory out of the room.
async fn remove(publisher: &Publisher) -> Result<(), Failure> {
    let mallory = Member::user("mallory");
    publisher.remove_from_room(mallory, "room").await
}

#[tokio::test]
async fn who_is_removed_while_a_join_makes_room_for_itself_does_not_come_in() {
    let publisher = Publisher::new();
    let hooks = {
        let publisher = publisher.clone();
        Hooks::new().on(move |_: PostRoomLeave| {
            let publisher = publisher.clone();
            async move { remove(&publisher).await }
        })
    };
    let sessions = Sessions::in_memory().max_rooms(1);
    let server = Server::built(routes(), sessions, |server| {
        server.hooks(hooks).publisher(&publisher)
    });
    let mut ada = member(&server, "ada").await;
    let cookie = server.log_in("mallory").await;
    let mut mallory = Client::connect(&server.router, &cookie).await;
    mallory.room("joinRoom", "another").await;
    // It leaves the other one, and meanwhile it is taken out of this one.
    let answer = mallory.room("joinRoom", "room").await;
    assert_eq!(answer, json!({ "rooms": [] }));
    ada.request("test/echo/v1", "room", json!({ "text": "secret" }))
        .await;
    ada.hear("sync").await;
    assert_eq!(mallory.list().await, json!({ "rooms": [] }));
    assert!(mallory.deliveries().is_empty());
}

/// Sessions of which the rooms change as soon as they have been read, once that is wanted.
struct Changing {
    sessions: MemorySessions<User>,
    publisher: Publisher,
    is_wanted: Arc<AtomicBool>,
}

impl SessionStore<User> for Changing {
    fn find<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<SessionRecord<User>>> {
        Box::pin(async move {
            let found = self.sessions.find(key).await;
            if self.is_wanted.swap(false, Ordering::SeqCst) {
                remove(&self.publisher).await.expect("removed");
            }
            found
        })
    }

    fn insert(&self, session: NewSession<User>) -> StoreFuture<'_, Vec<SessionKey>> {
        self.sessions.insert(session)
    }

    fn refresh<'a>(
        &'a self,
        key: &'a SessionKey,
        idle: std::time::Duration,
    ) -> StoreFuture<'a, ()> {
        self.sessions.refresh(key, idle)
    }

    fn remove<'a>(&'a self, key: &'a SessionKey, reason: EndReason) -> StoreFuture<'a, bool> {
        self.sessions.remove(key, reason)
    }

    fn remove_user<'a>(
        &'a self,
        user_id: &'a str,
        reason: EndReason,
    ) -> StoreFuture<'a, Vec<SessionKey>> {
        self.sessions.remove_user(user_id, reason)
    }

    fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>> {
        self.sessions.of_user(user_id)
    }

    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>> {
        self.sessions.join(key, room, max)
    }

    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool> {
        self.sessions.leave(key, room)
    }
}

#[tokio::test]
async fn who_is_removed_while_it_connects_is_not_in_the_room_then() {
    let publisher = Publisher::new();
    let is_wanted = Arc::new(AtomicBool::new(false));
    let sessions = Sessions::new(Changing {
        sessions: MemorySessions::default(),
        publisher: publisher.clone(),
        is_wanted: is_wanted.clone(),
    });
    let server = Server::built(routes(), sessions, |server| server.publisher(&publisher));
    let cookie = server.log_in("mallory").await;
    let mut before = Client::connect(&server.router, &cookie).await;
    before.room("joinRoom", "room").await;
    before.leave().await;

    is_wanted.store(true, Ordering::SeqCst);
    let mut mallory = Client::connect(&server.router, &cookie).await;
    assert_eq!(mallory.list().await, json!({ "rooms": [] }));
}

#[tokio::test]
async fn a_transport_takes_one_connection_in_its_life() {
    let server = Server::new();
    let cookie = server.log_in("ada").await;
    let mut ada = Client::connect(&server.router, &cookie).await;
    let refused = ada.connect_again().await;
    assert!(refused.starts_with("44"), "{refused}");
}

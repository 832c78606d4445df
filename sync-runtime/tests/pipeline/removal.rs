//! Members who are taken out of a room while they come in, and those who come in again on what they left.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;
use sync_runtime::{Failure, Hooks, Member, Publisher, Sessions, hooks::PostRoomLeave};

use crate::{
    app::{Server, routes},
    client::Client,
    member,
    store::Eventful,
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

#[tokio::test]
async fn who_is_removed_while_it_connects_is_not_in_the_room_then() {
    let publisher = Publisher::new();
    let is_wanted = Arc::new(AtomicBool::new(false));
    // The rooms change as soon as they have been read.
    let sessions = {
        let (publisher, is_wanted) = (publisher.clone(), is_wanted.clone());
        Sessions::new(Eventful::after_find(move || {
            let (publisher, is_wanted) = (publisher.clone(), is_wanted.clone());
            Box::pin(async move {
                if is_wanted.swap(false, Ordering::SeqCst) {
                    remove(&publisher).await.expect("removed");
                }
            })
        }))
    };
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

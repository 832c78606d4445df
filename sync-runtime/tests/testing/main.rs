//! What tests of an app rely on: that clients in process are told what browsers are, and tests what is wrong.

#![allow(clippy::expect_used, reason = "a test says what it expects")]

mod app;

#[doc(hidden)]
pub mod __sync {
    pub type App = crate::app::AppState;
}

use std::time::Duration;

use axum::{Router, body::Body};
use http::{Request, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_runtime::{
    Failure, Hooks, SessionUser,
    hooks::{OnSocketDisconnect, PreSyncExecute},
    testing::{Refused, TestClient, TestError},
};
use tokio::sync::mpsc;
use tower::ServiceExt;

use self::app::{
    Board, COUNT, ENDLESS, LOGGED, MOVE, RENAME, SAY, SLOW, SLOW_LOGGED, SPELL, board, board_with,
    slow_server::Nothing, user,
};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const ROOM: &str = "board:demo";

/// Connected, and in the room.
async fn member(board: &Board, name: &str) -> Result<TestClient, TestError> {
    let client = board.test.connect(user(name)).await?;
    client.join(ROOM).await?;
    Ok(client)
}

fn card(id: &str, lane: &str) -> Value {
    json!({ "cardId": id, "toLane": lane })
}

#[tokio::test]
async fn a_request_is_answered_and_everybody_hears_what_the_client_file_makes_of_it() -> Result {
    let board = board();
    let ada = member(&board, "ada").await?;
    let (bob, spy, deaf) = tokio::join!(
        member(&board, "bob"),
        member(&board, "spy"),
        member(&board, "deaf")
    );
    let (bob, spy, deaf) = (bob?, spy?, deaf?);
    let moved = ada.request(MOVE, ROOM, card("1", "done")).await?;
    assert_eq!(
        moved,
        json!({ "cardId": "1", "toLane": "done", "movedBy": "ada" })
    );
    for (client, greeting) in [(&ada, "Dear ada"), (&bob, "Dear bob")] {
        let heard = client.hear(MOVE).await?;
        assert_eq!(heard.server_output, moved);
        assert_eq!(heard.client_output, json!({ "greeting": greeting }));
        assert_eq!(heard.offset, None);
        client.hears_nothing().await?;
    }
    let refused = Refused::of(spy.hear(MOVE).await)?;
    assert_eq!(
        (&*refused.code, refused.status),
        ("sync.clientRejected", 403)
    );
    deaf.hears_nothing().await?;

    let typed: app::move_card::CardMoved = serde_json::from_value(moved.clone())?;
    assert_eq!(serde_json::to_value(typed)?, moved);
    Ok(())
}

#[tokio::test]
async fn routes_are_named_by_their_constants_or_by_their_text() -> Result {
    let board = board();
    let ada = member(&board, "ada").await?;
    for name in ["board/moveCard/v1", "sync/board/moveCard/v1"] {
        ada.request(name, ROOM, card("1", "done")).await?;
        ada.hear(MOVE).await?;
        ada.request(MOVE, ROOM, card("1", "done")).await?;
        ada.hear(name).await?;
    }
    let refused = Refused::of(ada.request("board/moveCart/v1", ROOM, json!({})).await)?;
    assert_eq!(refused.code, "sync.notFound");
    // Nobody could ever hear it, so it is not waited for.
    let misspelled = ada.hear("board/moveCart/v1").await;
    let said = "the app has no route `board/moveCart/v1`".to_owned();
    assert_eq!(misspelled, Err(TestError::Misused(said)));
    Ok(())
}

#[tokio::test]
async fn a_refusal_has_its_code_wherever_it_comes_from() -> Result {
    let board = board();
    let visitor = board.test.connect_anonymous().await?;
    let joined = Refused::of(visitor.join(ROOM).await)?;
    assert_eq!((&*joined.code, joined.status), ("session.notFound", 401));
    let refused = Refused::of(visitor.request(MOVE, ROOM, card("1", "done")).await)?;
    assert_eq!((&*refused.code, refused.status), ("auth.required", 401));

    let bob = board.test.connect(user("bob")).await?;
    let refused = Refused::of(bob.request(MOVE, ROOM, card("1", "done")).await)?;
    assert_eq!(
        (&*refused.code, refused.status),
        ("sync.notRoomMember", 403)
    );
    bob.join(ROOM).await?;
    let refused = Refused::of(bob.request(RENAME, ROOM, json!({ "title": "Mine" })).await)?;
    assert_eq!((&*refused.code, refused.status), ("auth.forbidden", 403));

    for (input, path) in [
        (card("", "done"), "card_id"),
        (json!({ "cardId": "1", "toLane": 7 }), "toLane"),
    ] {
        let refused = Refused::of(bob.request(MOVE, ROOM, input).await)?;
        assert_eq!(refused.code, "sync.invalidInputType");
        assert_eq!(refused.params["path"], path);
    }
    let refused = Refused::of(bob.request(MOVE, ROOM, card("1", "full")).await)?;
    assert_eq!(
        refused.to_string(),
        "`board/moveCard/v1` in `board:demo` of bob was refused with board.laneFull (409): \
         At most 7 cards fit. maxCards: 7"
    );
    bob.hears_nothing().await?;
    Ok(())
}

#[tokio::test]
async fn what_a_request_streams_comes_before_its_answer() -> Result {
    let board = board();
    let ada = member(&board, "ada").await?;
    let counted = ada.request(COUNT, ROOM, json!({ "to": 3 })).begin().await?;
    for step in 1..=3 {
        assert_eq!(counted.next().await?, Some(json!({ "step": step })));
    }
    assert_eq!(counted.next().await?, None);
    assert_eq!(counted.next().await?, None);
    assert_eq!(counted.output().await?, json!({ "steps": 3 }));
    // What nobody asked for is passed over.
    let output = ada.request(COUNT, ROOM, json!({ "to": 2 })).await?;
    assert_eq!(output, json!({ "steps": 2 }));

    let refused = ada.request(COUNT, "elsewhere", json!({ "to": 3 }));
    let refused = refused.begin().await?;
    assert_eq!(refused.next().await?, None);
    assert_eq!(
        Refused::of(refused.output().await)?.code,
        "sync.notRoomMember"
    );
    Ok(())
}

#[tokio::test]
async fn a_room_hears_what_is_broadcast_and_a_recipient_what_its_client_file_streams() -> Result {
    let board = board();
    let (ada, bob) = (member(&board, "ada").await?, member(&board, "bob").await?);
    let words = json!({ "words": ["Hello", "Bob"] });
    ada.request(SAY, ROOM, words).ignore_self().await?;
    bob.hear(SAY).await?;
    for word in ["Hello", "Bob"] {
        assert_eq!(bob.hear_stream(SAY).await?, json!({ "chunk": word }));
    }
    bob.hears_nothing().await?;

    let title = json!({ "title": "ox" });
    ada.request(SPELL, ROOM, title).await?;
    for letter in ["o", "x"] {
        assert_eq!(bob.hear_stream(SPELL).await?, json!({ "chunk": letter }));
    }
    bob.hear(SPELL).await?;
    bob.hears_nothing().await?;
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_cancelled_stops_and_is_answered() -> Result {
    let board = board();
    let ada = member(&board, "ada").await?;
    let endless = ada.request(ENDLESS, ROOM, json!({})).begin().await?;
    assert_eq!(endless.next().await?, Some(json!({ "step": 1 })));
    endless.cancel().await?;
    board.state.go_on.notified().await;
    assert_eq!(Refused::of(endless.output().await)?.code, "request.aborted");
    ada.hears_nothing().await?;
    Ok(())
}

#[tokio::test]
async fn hooks_are_asked_as_they_are_for_browsers() -> Result {
    let board = board_with(Hooks::new().on(|event: PreSyncExecute| async move {
        if event.request.visitor.user_id() == Some("mallory") {
            return Err(Failure::new("test.banned", "You are banned.").status(403));
        }
        Ok(())
    }));
    let (ada, mallory) = (
        member(&board, "ada").await?,
        member(&board, "mallory").await?,
    );
    let refused = Refused::of(mallory.request(MOVE, ROOM, card("1", "done")).await)?;
    assert_eq!(refused.code, "test.banned");
    ada.hears_nothing().await?;
    ada.request(MOVE, ROOM, card("1", "done")).await?;
    mallory.hear(MOVE).await?;
    Ok(())
}

#[tokio::test]
async fn one_who_disconnects_is_in_no_room_and_comes_back_to_those_of_the_session() -> Result {
    let (told, mut gone) = mpsc::unbounded_channel();
    let board = board_with(Hooks::new().on(move |event: OnSocketDisconnect| {
        let user = event.visitor.user_id().map(ToOwned::to_owned);
        // The test may be over.
        let _ = told.send(user);
        std::future::ready(())
    }));
    let (ada, bob) = (member(&board, "ada").await?, member(&board, "bob").await?);
    let endless = bob.request(ENDLESS, ROOM, json!({})).begin().await?;
    bob.disconnect().await?;
    // The request went with its client.
    board.state.go_on.notified().await;
    drop(endless);
    ada.hears_nothing().await?;
    assert_eq!(gone.recv().await, Some(Some("bob".to_owned())));

    ada.request(MOVE, ROOM, card("1", "done")).await?;
    let over = bob.hear(MOVE).await.expect_err("nobody hears it");
    assert!(matches!(over, TestError::Closed(_)), "{over}");
    let bob = bob.connect_again().await?;
    assert_eq!(bob.rooms().await?, [ROOM]);
    bob.hears_nothing().await?;
    ada.request(MOVE, ROOM, card("2", "done")).await?;
    assert_eq!(bob.hear(MOVE).await?.server_output["cardId"], "2");
    Ok(())
}

#[tokio::test]
async fn one_that_is_dropped_is_gone_as_well() -> Result {
    let board = board();
    let ada = member(&board, "ada").await?;
    let watched = ada.call("watchPresence", json!({ "group": ROOM })).await?;
    assert_eq!(watched["users"][0]["id"], "ada");
    let bob = member(&board, "bob").await?;
    let came = ada.hear_event("sync-presence").await?;
    assert_eq!(came["joined"][0]["name"], "bob");
    drop(bob);
    let left = ada.hear_event("sync-presence").await?;
    assert_eq!(left["left"], json!(["bob"]));
    Ok(())
}

#[tokio::test]
async fn all_connections_of_a_session_are_themselves() -> Result {
    let board = board();
    let ada = member(&board, "ada").await?;
    let (tab, phone) = (ada.connect_again().await?, member(&board, "ada").await?);
    let request = ada.request(MOVE, ROOM, card("1", "done"));
    request.ignore_self().await?;
    phone.hear(MOVE).await?;
    ada.hears_nothing().await?;
    tab.hears_nothing().await?;
    Ok(())
}

#[tokio::test]
async fn a_request_with_an_id_runs_once() -> Result {
    let board = board();
    let ada = member(&board, "ada").await?;
    let ask = || ada.request(LOGGED, ROOM, json!({ "title": "Once" }));
    let first = ask().request_id("one").await?;
    assert_eq!(ask().request_id("one").await?, first);
    assert!(ada.hear(LOGGED).await?.offset.is_some());
    ada.hears_nothing().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_heard_only_when_nothing_can_come_any_more() -> Result {
    let board = board();
    let (ada, bob) = (member(&board, "ada").await?, member(&board, "bob").await?);
    for _ in 0..5 {
        ada.request(SLOW, ROOM, json!({})).await?;
        let heard = bob.hears_nothing().await.expect_err("heard at last");
        let said = "bob was to hear nothing; it heard instead:\n  sync/board/slow/v1 {";
        assert!(heard.to_string().starts_with(said), "{heard}");
        bob.hear(SLOW).await?;
        ada.hear(SLOW).await?;
    }
    // Nor when whoever asked is gone, and the deliveries are still being made.
    ada.request(SLOW, ROOM, json!({})).await?;
    ada.disconnect().await?;
    bob.hears_nothing().await.expect_err("heard at last");
    bob.hear(SLOW).await?;
    // Nor when nobody asked.
    let published = board.state.publisher.publish(SLOW, ROOM, &Nothing {});
    let published = tokio::spawn(published);
    bob.hear(SLOW).await?;
    bob.hears_nothing().await?;
    assert_eq!(published.await??, 1);
    Ok(())
}

#[tokio::test]
async fn one_who_has_come_back_hears_nothing_only_when_it_has_caught_up() -> Result {
    let board = board();
    let (ada, bob) = (member(&board, "ada").await?, member(&board, "bob").await?);
    bob.disconnect().await?;
    let bob = bob.connect_again().await?;
    ada.request(SLOW_LOGGED, ROOM, json!({})).await?;
    bob.hears_nothing().await.expect_err("heard at last");
    bob.hear(SLOW_LOGGED).await?;
    bob.hears_nothing().await?;
    Ok(())
}

#[tokio::test]
async fn a_request_over_http_is_made_with_the_cookie_of_a_client() -> Result {
    let board = board();
    let router: Router = board.sync.mount(Router::new());
    let (ada, bob) = (member(&board, "ada").await?, member(&board, "bob").await?);
    let request = Request::post("/sync/board/moveCard/v1")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, ada.cookie().ok_or("no cookie")?)
        .body(Body::from(
            json!({ "data": card("1", "done"), "receiver": ROOM }).to_string(),
        ))?;
    assert_eq!(router.oneshot(request).await?.status(), 200);
    let heard = bob.hear(MOVE).await?;
    assert_eq!(heard.server_output["movedBy"], "ada");
    let visitor = board.test.connect_anonymous().await?;
    assert!(visitor.cookie().is_none());
    Ok(())
}

#[tokio::test]
async fn what_does_not_come_is_not_waited_for_for_ever_and_the_error_says_what_came() -> Result {
    let board = board();
    let impatient = board.test.clone().patience(Duration::from_millis(50));
    let ada = impatient.connect(user("ada")).await?;
    ada.join(ROOM).await?;
    let late = ada.hear(RENAME).await.expect_err("nobody renamed it");
    assert_eq!(
        late.to_string(),
        "ada waited 50ms for a delivery of `board/rename/v1`; it heard nothing"
    );
    ada.request(MOVE, ROOM, card("1", "done")).await?;
    let late = ada.hear(RENAME).await.expect_err("nobody renamed it");
    let said = "ada waited 50ms for a delivery of `board/rename/v1`; it heard instead:\n  \
                sync/board/moveCard/v1 {\"cb\":";
    assert!(late.to_string().starts_with(said), "{late}");
    assert_eq!(format!("{late:?}"), late.to_string());
    ada.hear(MOVE).await?;

    let _endless = ada.request(ENDLESS, ROOM, json!({})).begin().await?;
    let unknown = ada.hears_nothing().await.expect_err("it still runs");
    assert!(matches!(unknown, TestError::TimedOut(_)), "{unknown}");
    Ok(())
}

#[tokio::test]
async fn one_whose_session_ends_is_told_and_then_hears_no_more() -> Result {
    let board = board();
    let ada = member(&board, "ada").await?;
    board.sessions.revoke_user("ada").await?;
    let ended = ada.hear_event("sync-session-ended").await?;
    assert_eq!(ended, json!({ "reason": "revoked" }));
    let closed = ada.hear(MOVE).await.expect_err("closed");
    assert_eq!(
        closed.to_string(),
        "ada waited for a delivery of `board/moveCard/v1`, but its connection is closed: \
         the server closed it; it heard nothing"
    );
    let closed = ada.join(ROOM).await.expect_err("closed");
    assert!(matches!(closed, TestError::Closed(_)), "{closed}");
    let closed = ada.request(MOVE, ROOM, card("1", "done")).await;
    assert!(matches!(closed, Err(TestError::Closed(_))), "{closed:?}");
    Ok(())
}

#[tokio::test]
async fn users_of_another_type_are_turned_away() -> Result {
    #[derive(Serialize, Deserialize)]
    struct Robot;

    impl SessionUser for Robot {
        fn user_id(&self) -> &'static str {
            "r2"
        }
    }

    let board = board();
    let refused = board.test.connect(Robot).await.expect_err("no user");
    let said = refused.to_string();
    assert!(
        said.starts_with("r2 is a `") && said.ends_with("hold other users"),
        "{said}"
    );
    Ok(())
}

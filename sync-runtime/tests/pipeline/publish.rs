//! Sending to rooms from outside of a request.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::FutureExt;
use serde_json::{Value, json};
use sync_runtime::{
    Config, Hooks, Member, Publisher, RouteId, Routes, Sessions, SyncServer,
    codegen::route,
    hooks::{PostSyncFanout, PreSyncExecute, PreSyncFanout, PreSyncRecipient, Shape},
};

use crate::{
    app::{AppState, Server, User},
    client::Client,
};

pub const NEWS: RouteId<news::__SyncHandler> = route("desk/news", 1);
pub const LOGGED: RouteId<logged::__SyncHandler> = route("desk/logged", 1);
pub const SHAPED: RouteId<news::__SyncHandler, shaped::__SyncHandler> = route("desk/shaped", 1);
const OF_INPUT: RouteId<news::__SyncHandler, of_input::__SyncHandler> = route("desk/ofInput", 1);
const PATIENT: RouteId<news::__SyncHandler, patient::__SyncHandler> = route("desk/patient", 1);

const OWN: RouteId<own::__SyncHandler> = route("desk/own", 1);

/// The routes of a news desk.
pub fn routes() -> Routes<AppState> {
    Routes::new()
        .server(NEWS)
        .server(LOGGED)
        .pair(SHAPED)
        .pair(OF_INPUT)
        .pair(PATIENT)
        .server(OWN)
}

pub mod news {
    use sync_runtime::prelude::*;

    #[derive(Clone, Serialize, Deserialize, TS)]
    pub struct News {
        pub text: String,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(news): Input<News>) -> News {
        news
    }
}

pub mod own {
    use sync_runtime::prelude::*;

    use super::news::News;

    fn nobody() -> bool {
        false
    }

    #[sync_handler(auth = login(nobody))]
    pub async fn main() -> News {
        unreachable!("nobody may ask")
    }
}

pub mod logged {
    use sync_runtime::prelude::*;

    use super::news::News;

    #[sync_handler(auth = login, history)]
    pub async fn main(Input(news): Input<News>) -> News {
        news
    }
}

pub mod shaped {
    use sync_runtime::prelude::*;

    use super::news::News;
    use crate::app::User;

    #[derive(Serialize, TS)]
    pub struct ForYou {
        letter: String,
    }

    #[sync_handler]
    pub async fn main(news: ServerOutput<News>, user: Recipient<User>) -> Deliver<ForYou> {
        if user.name == "spy" {
            return Deliver::Skip;
        }
        Deliver::Send(ForYou {
            letter: format!("Dear {}, {}", user.name, news.text),
        })
    }
}

pub mod of_input {
    use sync_runtime::prelude::*;

    use super::news::News;

    #[sync_handler]
    pub async fn main(_: ServerOutput<News>, Input(asked): Input<News>) -> News {
        asked
    }
}

pub mod patient {
    use sync_runtime::prelude::*;

    use super::news::News;
    use crate::app::AppState;

    #[sync_handler]
    pub async fn main(news: ServerOutput<News>, State(state): State<AppState>) {
        if news.text == "late" {
            state.go_on.notified().await;
        }
    }
}

pub fn said(text: &str) -> news::News {
    news::News { text: text.into() }
}

/// A server and the publisher that is its own.
struct Desk {
    server: Server,
    publisher: Publisher,
}

impl Desk {
    fn new() -> Self {
        Self::with(Config::default(), Hooks::new())
    }

    fn with(config: Config, hooks: Hooks) -> Self {
        let publisher = Publisher::new();
        let server = Server::built(routes(), Sessions::in_memory(), |server| {
            server.config(config).hooks(hooks).publisher(&publisher)
        });
        Self { server, publisher }
    }

    async fn member(&self, name: &str) -> Client {
        let mut client =
            Client::connect(&self.server.router, &self.server.log_in(name).await).await;
        client.room("joinRoom", "room").await;
        client
    }
}

/// What a delivery says, without where it stands in an order.
fn without_offset(mut delivery: Value) -> Value {
    if let Some(fields) = delivery.as_object_mut() {
        fields.remove("offset");
    }
    delivery
}

#[tokio::test]
async fn a_publisher_takes_members_out_of_a_room() {
    let desk = Desk::new();
    let (mut ada, mut spy) = (desk.member("ada").await, desk.member("spy").await);
    let removed = desk.publisher.remove_from_room(Member::user("spy"), "room");
    removed.await.expect("removed");
    assert_eq!(spy.hear("sync-room-left").await, json!({ "room": "room" }));
    let heard = desk.publisher.publish(NEWS, "room", &said("hi")).await;
    assert_eq!(heard.expect("published"), 1);
    ada.hear("sync").await;

    let without_server = Publisher::new()
        .remove_from_room(Member::user("ada"), "room")
        .await;
    let failure = without_server.expect_err("no server");
    assert_eq!(failure.code(), "sync.serverExecutionFailed");
}

#[tokio::test]
async fn what_is_published_is_heard_by_every_member_as_if_it_had_been_requested() {
    let desk = Desk::new();
    let (mut ada, mut spy) = (desk.member("ada").await, desk.member("spy").await);
    let mut stranger = Client::connect(&desk.server.router, &desk.server.log_in("eve").await).await;
    for (name, heard_by) in [("desk/news", 2), ("desk/logged", 2), ("desk/shaped", 1)] {
        let data = json!({ "text": "hi" });
        ada.request(&format!("{name}/v1"), "room", data).await;
        let requested = without_offset(ada.hear("sync").await);
        let published = match name {
            "desk/news" => desk.publisher.publish(NEWS, "room", &said("hi")).await,
            "desk/logged" => desk.publisher.publish(LOGGED, "room", &said("hi")).await,
            _ => desk.publisher.publish(SHAPED, "room", &said("hi")).await,
        };
        assert_eq!(published.expect("published"), heard_by, "{name}");
        assert_eq!(without_offset(ada.hear("sync").await), requested, "{name}");
        assert_eq!(requested["fullName"], format!("sync/{name}/v1"));
        assert_eq!(requested["serverOutput"]["text"], "hi");
        if name == "desk/shaped" {
            assert_eq!(requested["clientOutput"]["letter"], "Dear ada, hi");
        } else {
            for _ in 0..2 {
                assert_eq!(without_offset(spy.hear("sync").await), requested, "{name}");
            }
        }
    }
    for client in [&mut ada, &mut spy, &mut stranger] {
        client.list().await;
        assert_eq!(client.take_deliveries(), [] as [Value; 0]);
    }
}

#[tokio::test]
async fn a_route_that_nobody_may_request_can_be_published() {
    let desk = Desk::new();
    let mut ada = desk.member("ada").await;
    let refused = ada.request("desk/own/v1", "room", json!({})).await;
    assert_eq!(refused["errorCode"], "auth.forbidden");
    let published = desk.publisher.publish(OWN, "room", &said("hi")).await;
    assert_eq!(published.expect("published"), 1);
    assert_eq!(ada.hear("sync").await["serverOutput"]["text"], "hi");
}

#[tokio::test]
async fn a_client_file_that_takes_the_input_gets_the_published_one() {
    let desk = Desk::new();
    let mut ada = desk.member("ada").await;
    let publishing = desk.publisher.publish_with_input(
        OF_INPUT,
        "room",
        &said("the question"),
        &said("the answer"),
    );
    assert_eq!(publishing.await.expect("published"), 1);
    let delivery = ada.hear("sync").await;
    assert_eq!(delivery["serverOutput"]["text"], "the answer");
    assert_eq!(delivery["clientOutput"]["text"], "the question");
}

#[tokio::test]
async fn what_is_published_on_a_route_with_history_is_in_one_order_with_requests_and_resumed() {
    let desk = Desk::new();
    let mut ada = desk.member("ada").await;
    let cookie = desk.server.log_in("grace").await;
    let mut grace = Client::connect(&desk.server.router, &cookie).await;
    let joined = grace.room("joinRoom", "room").await;
    grace.close().await;
    for number in 0..10 {
        let text = number.to_string();
        if number % 2 == 0 {
            let data = json!({ "text": text });
            ada.request("desk/logged/v1", "room", data).await;
        } else {
            let published = desk.publisher.publish(LOGGED, "room", &said(&text)).await;
            assert_eq!(published.expect("published"), 1);
        }
    }
    // Also what nobody heard when it was said.
    ada.room("leaveRoom", "room").await;
    let published = desk.publisher.publish(LOGGED, "room", &said("10")).await;
    assert_eq!(published.expect("published"), 0);

    let mut grace = Client::connect(&desk.server.router, &cookie).await;
    let resumed = grace
        .resume(&json!({ "room": joined["offsets"]["room"] }))
        .await;
    let recovered = json!({ "recovered": true, "count": 11 });
    assert_eq!(resumed["rooms"]["room"], recovered);
    for number in 0..=10 {
        let delivery = grace.hear("sync").await;
        assert_eq!(delivery["serverOutput"]["text"], number.to_string());
        let offset = delivery["offset"].as_str().unwrap_or_default();
        assert!(offset.ends_with(&format!(":{}", number + 1)), "{offset}");
    }
}

#[tokio::test]
async fn what_one_task_publishes_is_heard_in_its_order() {
    let desk = Desk::new();
    let mut ada = desk.member("ada").await;
    for number in 0..50 {
        let text = number.to_string();
        let published = desk.publisher.publish(SHAPED, "room", &said(&text)).await;
        assert_eq!(published.expect("published"), 1);
    }
    for number in 0..50 {
        assert_eq!(
            ada.hear("sync").await["serverOutput"]["text"],
            number.to_string()
        );
    }
}

#[tokio::test]
async fn nobody_in_the_room_is_no_error_and_nothing_is_sent() {
    let desk = Desk::new();
    let mut ada = desk.member("ada").await;
    let published = desk.publisher.publish(NEWS, "another", &said("hi")).await;
    assert_eq!(published.expect("published"), 0);
    ada.list().await;
    assert_eq!(ada.take_deliveries(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_room_that_cannot_be_is_an_error() {
    let desk = Desk::new();
    let long = "x".repeat(sync_runtime::MAX_ROOM_BYTES + 1);
    for (room, code) in [
        ("", "sync.missingReceiver"),
        (&long, "sync.payloadTooLarge"),
        ("all", "sync.receiverNotAllowed"),
    ] {
        for published in [
            desk.publisher.publish(NEWS, room, &said("hi")).await,
            desk.publisher.publish(LOGGED, room, &said("hi")).await,
        ] {
            let failure = published.expect_err("no room has that name");
            assert_eq!(failure.code(), code);
        }
    }
}

#[tokio::test]
async fn hooks_of_deliveries_shape_it_and_hear_of_it_and_those_of_requests_are_not_asked() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hooks = Hooks::new()
        .on(|_: PreSyncFanout| async { false })
        .on(|_: PreSyncExecute| async { false })
        .on(|event: PreSyncRecipient| async move {
            assert!(event.request.visitor.user_id().is_none());
            match event.recipient.user_id() {
                Some("spy") => Shape::Skip,
                _ => Shape::Keep,
            }
        })
        .on({
            let told = told.clone();
            move |event: PostSyncFanout| {
                let said = (event.request.route().to_owned(), event.recipients);
                told.lock().expect("not poisoned").push(said);
                async {}
            }
        });
    let desk = Desk::with(Config::default(), hooks);
    let (mut ada, _spy) = (desk.member("ada").await, desk.member("spy").await);
    for published in [
        desk.publisher.publish(NEWS, "room", &said("hi")).await,
        desk.publisher.publish(LOGGED, "room", &said("hi")).await,
    ] {
        assert_eq!(published.expect("published"), 1);
        assert_eq!(ada.hear("sync").await["serverOutput"]["text"], "hi");
    }
    let told = told.lock().expect("not poisoned");
    let expected = ["sync/desk/news/v1", "sync/desk/logged/v1"].map(|name| (name.to_owned(), 1));
    assert_eq!(*told, expected);
}

#[tokio::test(start_paused = true)]
async fn a_publication_that_is_no_longer_awaited_is_made_whole() {
    let desk = Desk::new();
    let (mut ada, mut grace) = (desk.member("ada").await, desk.member("grace").await);
    let publishing = desk.publisher.publish(PATIENT, "room", &said("late"));
    let waited = tokio::time::timeout(Duration::from_millis(20), publishing).await;
    assert!(waited.is_err(), "its recipients were to wait");
    desk.server.go_on();
    desk.server.go_on();
    for client in [&mut ada, &mut grace] {
        assert_eq!(client.hear("sync").await["status"], "success");
    }
}

#[tokio::test(start_paused = true)]
async fn publications_beyond_the_bound_wait_for_their_turn() {
    let config = Config {
        max_concurrent_publications: 1,
        ..Config::default()
    };
    let desk = Desk::with(config, Hooks::new());
    let mut ada = desk.member("ada").await;
    let late = desk.publisher.publish(PATIENT, "room", &said("late"));
    let late = tokio::spawn(late);
    tokio::task::yield_now().await;
    let next = desk.publisher.publish(PATIENT, "room", &said("next"));
    let mut next = std::pin::pin!(next);
    assert!((&mut next).now_or_never().is_none());
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!((&mut next).now_or_never().is_none(), "it did not wait");
    desk.server.go_on();
    late.await.expect("no panic").expect("published");
    next.await.expect("published");
    for text in ["late", "next"] {
        assert_eq!(ada.hear("sync").await["serverOutput"]["text"], text);
    }
}

#[tokio::test]
async fn a_publisher_belongs_to_one_server_that_has_the_route() {
    let publisher = Publisher::new();
    let failure = publisher.publish(NEWS, "room", &said("hi")).await;
    let failure = failure.expect_err("it has no server");
    assert_eq!(failure.code(), "sync.serverExecutionFailed");
    assert!(format!("{failure:?}").contains("SyncServerBuilder::publisher"));

    let build = |routes: Routes<AppState>| {
        let sessions: Sessions<User> = Sessions::in_memory();
        SyncServer::builder(AppState::default(), routes, sessions)
            .publisher(&publisher)
            .build()
    };
    let server = build(Routes::new()).expect("good settings");
    let failure = publisher.publish(NEWS, "room", &said("hi")).await;
    let failure = format!("{:?}", failure.expect_err("no such route"));
    assert!(failure.contains("sync/desk/news/v1"), "{failure}");

    let again = build(routes()).expect_err("it belongs to another server");
    assert!(again.to_string().contains("publisher"), "{again}");
    drop(server);
    let gone = publisher.publish(NEWS, "room", &said("hi")).await;
    assert!(gone.is_err());
}

/// What is published here runs in one thread, in whose recorder it is counted.
#[tokio::test(flavor = "current_thread")]
async fn publications_are_counted_by_route_and_outcome() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let desk = Desk::new();
    let _ada = desk.member("ada").await;
    for room in ["room", "all"] {
        let _ = desk.publisher.publish(NEWS, room, &said("hi")).await;
    }
    let page = metrics.render();
    for line in [
        r#"sync_publications_total{route="sync/desk/news/v1",outcome="success"} 1"#,
        r#"sync_publications_total{route="sync/desk/news/v1",outcome="sync.receiverNotAllowed"} 1"#,
        r#"sync_deliveries_sent_total{route="sync/desk/news/v1"} 1"#,
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
}

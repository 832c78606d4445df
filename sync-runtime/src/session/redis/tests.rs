//! A real Redis, started and killed by each test.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use tokio::time::sleep;

use super::{
    super::{
        EndNotice, EndReason, SessionStore, SessionStoreError, Sessions,
        conformance::{self, User, key, new, user},
    },
    RedisSessions, failed,
    server_for_tests::{PATIENCE, RedisServer},
};
use crate::{Failure, room::RoomCode};

async fn next(notices: &mut BoxStream<'static, EndNotice>) -> Option<EndNotice> {
    let next = tokio::time::timeout(PATIENCE, notices.next()).await;
    next.expect("a notice in time")
}

async fn new_store() -> (RedisSessions, RedisServer) {
    let server = RedisServer::start().await;
    (server.store().await, server)
}

conformance::store_tests!(new_store());

/// Both are generic in the user; the tests have one.
fn find<'a>(
    store: &'a RedisSessions,
    key: &'a super::SessionKey,
) -> super::StoreFuture<'a, Option<super::SessionRecord<User>>> {
    store.find(key)
}

async fn insert(store: &RedisSessions, name: &str, id: &str) -> Result<(), SessionStoreError> {
    store.insert(new(name, id)).await.map(drop)
}

#[tokio::test]
async fn nodes_share_their_sessions_and_changes_at_the_same_time_lose_nothing()
-> Result<(), SessionStoreError> {
    let server = RedisServer::start().await;
    let (one, other) = (server.store().await, server.store().await);
    insert(&one, "a", "ada").await?;
    let key = key("a");
    let joins = (0..40).map(|number| {
        let node = if number % 2 == 0 { &one } else { &other };
        let room = RoomCode::parse(&number.to_string()).expect("a room name");
        SessionStore::<User>::join(node, &key, room, 99)
    });
    for joined in futures_util::future::join_all(joins).await {
        joined?;
    }
    let record = find(&other, &key).await?.expect("the session");
    assert_eq!(*record.user, user("ada"));
    assert_eq!(record.rooms.len(), 40);
    Ok(())
}

#[tokio::test]
async fn a_session_that_one_node_ends_is_heard_of_on_the_others() -> Result<(), Failure> {
    let server = RedisServer::start().await;
    let here = Sessions::new(server.store().await);
    let there = Sessions::<User>::new(server.store().await).single_per_user(true);
    let mut notices = super::super::AnySessions::notices(&here);
    // The subscription stands.
    assert_eq!(next(&mut notices).await, Some(EndNotice::Missed));

    let ended = |key, reason| Some(EndNotice::Ended { key, reason });
    let opened = here.open(user("ada")).await?;
    there.revoke(&opened.key()).await?;
    assert_eq!(
        next(&mut notices).await,
        ended(opened.key(), EndReason::Revoked)
    );
    let opened = here.open(user("ada")).await?;
    there.revoke_user("ada").await?;
    assert_eq!(
        next(&mut notices).await,
        ended(opened.key(), EndReason::Revoked)
    );
    let opened = here.open(user("ada")).await?;
    there.open(user("ada")).await?;
    assert_eq!(
        next(&mut notices).await,
        ended(opened.key(), EndReason::Revoked)
    );
    assert_eq!(notices.next().now_or_never(), None);
    Ok(())
}

#[tokio::test]
async fn apps_of_different_prefixes_do_not_notice_each_other() -> Result<(), SessionStoreError> {
    let server = RedisServer::start().await;
    let one = server.store().await.prefix("one:");
    let other = server.store().await.prefix("other:");
    insert(&one, "a", "ada").await?;
    assert!(find(&other, &key("a")).await?.is_none());
    let ended = SessionStore::<User>::remove_user(&other, "ada", EndReason::Revoked).await?;
    assert_eq!(ended, []);
    assert!(find(&one, &key("a")).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn what_is_over_leaves_no_key_behind() -> Result<(), SessionStoreError> {
    let (store, _server) = new_store().await;
    let mut short = new("a", "ada");
    short.life.idle = Duration::from_millis(20);
    store.insert(short).await?;
    insert(&store, "b", "bob").await?;
    SessionStore::<User>::remove(&store, &key("b"), EndReason::LoggedOut).await?;
    insert(&store, "c", "cleo").await?;
    SessionStore::<User>::remove_user(&store, "cleo", EndReason::Revoked).await?;

    let mut connection = store.connection.clone();
    let began = Instant::now();
    loop {
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg("*")
            .query_async(&mut connection)
            .await
            .map_err(failed)?;
        if keys.is_empty() {
            return Ok(());
        }
        assert!(began.elapsed() < PATIENCE, "left behind: {keys:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn redis_never_sees_a_token() -> Result<(), Failure> {
    let (store, server) = new_store().await;
    let sessions = Sessions::new(store).bearer(true);
    let opened = sessions.open(user("ada")).await?;
    let token = opened.reveal_bearer_token().expect("bearer mode");
    let dump = Command::new("redis-cli")
        .args(["-p", &server.port.to_string(), "HGETALL"])
        .arg(format!("sync:session:{}", opened.key().as_str()))
        .output()
        .expect("`redis-cli` can be run");
    let dump = String::from_utf8_lossy(&dump.stdout);
    assert!(dump.contains("ada"), "{dump}");
    assert!(!dump.contains(token));
    Ok(())
}

#[tokio::test]
async fn a_session_of_a_user_that_cannot_be_read_any_more_is_over() -> Result<(), SessionStoreError>
{
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Renamed {
        user_name: String,
    }
    impl crate::SessionUser for Renamed {
        fn user_id(&self) -> &str {
            &self.user_name
        }
    }
    let (store, _server) = new_store().await;
    insert(&store, "a", "ada").await?;
    let found = SessionStore::<Renamed>::find(&store, &key("a")).await?;
    assert!(found.is_none());
    Ok(())
}

#[tokio::test]
async fn a_redis_that_is_gone_is_an_error_in_time_and_one_that_is_back_answers()
-> Result<(), SessionStoreError> {
    let (store, server) = new_store().await;
    let store = store.timeout(Duration::from_millis(300));
    insert(&store, "a", "ada").await?;
    let port = server.port;
    drop(server);

    for _ in 0..3 {
        let began = Instant::now();
        assert!(find(&store, &key("a")).await.is_err());
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    let _server = RedisServer::start_at(port).await;
    let began = Instant::now();
    while let Err(error) = insert(&store, "b", "bob").await {
        assert!(began.elapsed() < PATIENCE, "{error}");
        sleep(Duration::from_millis(10)).await;
    }
    assert!(find(&store, &key("b")).await?.is_some());
    Ok(())
}

/// Those in a queue would wait one after another, and long after Redis is back.
#[tokio::test]
async fn nobody_waits_for_a_redis_that_is_known_to_be_away() -> Result<(), SessionStoreError> {
    let (store, server) = new_store().await;
    let patience = Duration::from_secs(1);
    let store = store.timeout(patience);
    insert(&store, "a", "ada").await?;
    server.signal("-STOP");
    assert!(find(&store, &key("a")).await.is_err());
    let began = Instant::now();
    for _ in 0..20 {
        assert!(find(&store, &key("a")).await.is_err());
    }
    assert!(began.elapsed() < 5 * patience, "{:?}", began.elapsed());
    server.signal("-CONT");
    let began = Instant::now();
    while find(&store, &key("a")).await.is_err() {
        assert!(began.elapsed() < PATIENCE);
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[tokio::test]
async fn who_was_there_goes_on_while_redis_is_away_and_nobody_else_if_so_wished()
-> Result<(), SessionStoreError> {
    let (store, server) = new_store().await;
    let store = store
        .timeout(Duration::from_millis(300))
        .remember_for(PATIENCE);
    for (name, id) in [("a", "ada"), ("b", "bob"), ("c", "cleo")] {
        insert(&store, name, id).await?;
    }
    let room = RoomCode::parse("room").expect("a room name");
    SessionStore::<User>::join(&store, &key("a"), room, 9).await?;
    for name in ["a", "c"] {
        find(&store, &key(name)).await?;
    }
    SessionStore::<User>::remove(&store, &key("c"), EndReason::Revoked).await?;
    let port = server.port;
    drop(server);

    let record = find(&store, &key("a"))
        .await?
        .expect("a remembered session");
    assert_eq!((&*record.user, record.rooms.len()), (&user("ada"), 1));
    assert!(find(&store, &key("b")).await.is_err(), "it was not read");
    assert!(find(&store, &key("c")).await.is_err(), "it has ended");
    assert!(insert(&store, "d", "dora").await.is_err());

    // Without its data: then Redis knows better.
    let _server = RedisServer::start_at(port).await;
    let began = Instant::now();
    while find(&store, &key("a")).await?.is_some() {
        assert!(began.elapsed() < PATIENCE);
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// As when it is started again, or another one takes its place.
#[tokio::test]
async fn a_redis_that_is_back_soon_only_delays_whoever_asks() -> Result<(), SessionStoreError> {
    let (store, server) = new_store().await;
    let store = store.timeout(PATIENCE);
    insert(&store, "a", "ada").await?;
    let port = server.port;
    drop(server);
    let key = key("a");
    // One may have been on its way when it went.
    let _ = find(&store, &key).await;
    let (found, _server) = futures_util::join!(find(&store, &key), async {
        sleep(Duration::from_millis(300)).await;
        RedisServer::start_at(port).await
    });
    assert!(found?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_redis_that_hangs_is_an_error_in_time() -> Result<(), SessionStoreError> {
    let (store, server) = new_store().await;
    let store = store.timeout(Duration::from_millis(300));
    insert(&store, "a", "ada").await?;
    server.signal("-STOP");
    let began = Instant::now();
    assert!(find(&store, &key("a")).await.is_err());
    assert!(began.elapsed() < Duration::from_secs(5));
    server.signal("-CONT");
    while find(&store, &key("a")).await.is_err() {
        assert!(began.elapsed() < PATIENCE);
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[tokio::test]
async fn when_redis_comes_back_ends_may_have_been_missed_and_the_next_is_heard()
-> Result<(), SessionStoreError> {
    let (store, server) = new_store().await;
    let mut notices = SessionStore::<User>::notices(&store);
    assert_eq!(next(&mut notices).await, Some(EndNotice::Missed));
    let port = server.port;
    drop(server);
    let server = RedisServer::start_at(port).await;
    assert_eq!(next(&mut notices).await, Some(EndNotice::Missed));

    let other = server.store().await;
    insert(&other, "a", "ada").await?;
    SessionStore::<User>::remove(&other, &key("a"), EndReason::LoggedOut).await?;
    let ended = EndNotice::Ended {
        key: key("a"),
        reason: EndReason::LoggedOut,
    };
    assert_eq!(next(&mut notices).await, Some(ended));
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_redis_is_said_when_it_is_connected_to() {
    let [old, whole] = [
        RedisServer::start_without("HELLO").await,
        RedisServer::start().await,
    ];
    let as_nobody = |url: String| url.replace("redis://", "redis://nobody:secret@");
    let addresses = [
        (as_nobody(old.url()), "RESP3"),
        (as_nobody(whole.url()), "WRONGPASS"),
        ("redis://127.0.0.1:1/".to_owned(), "refused"),
    ];
    for (url, wrong) in addresses {
        let error = RedisSessions::connect(&url).await;
        let error = error.expect_err("no session store").to_string();
        assert!(error.contains(wrong), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_address_is_an_error_at_once() {
    for url in ["nonsense", "redis://127.0.0.1:1/"] {
        let began = Instant::now();
        assert!(RedisSessions::connect(url).await.is_err(), "{url}");
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

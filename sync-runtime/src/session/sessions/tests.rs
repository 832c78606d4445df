//! What apps and the runtime rely on of sessions.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use http::header::{AUTHORIZATION, COOKIE};
use tokio::time::advance;

use super::{
    super::{
        AnySessions, EndNotice, StoreFuture,
        conformance::{User, user},
    },
    *,
};
use crate::room::RoomCode;

const MINUTE: Duration = Duration::from_mins(1);

/// The headers of a browser that was given the session.
fn browser(opened: &OpenedSession) -> HeaderMap {
    let header = opened.set_cookie(&HeaderMap::new()).expect("a cookie");
    let header = header.to_str().expect("a readable cookie");
    let cookie = header.split(';').next().unwrap_or_default();
    let cookie = HeaderValue::from_str(cookie).expect("a cookie");
    HeaderMap::from_iter([(COOKIE, cookie)])
}

fn ended(opened: &OpenedSession, reason: EndReason) -> EndNotice {
    EndNotice::Ended {
        key: opened.key(),
        reason,
    }
}

fn heard(notices: &mut BoxStream<'static, EndNotice>) -> Vec<EndNotice> {
    std::iter::from_fn(|| notices.next().now_or_never().flatten()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_used_lives_on_and_one_that_is_not_ends() -> Result<(), Failure> {
    let sessions = Sessions::in_memory().life(10 * MINUTE);
    let used = browser(&sessions.open(user("ada")).await?);
    let idle = browser(&sessions.open(user("bob")).await?);
    for _ in 0..10 {
        advance(5 * MINUTE).await;
        assert!(sessions.from_headers(&used).await?.is_some());
    }
    assert!(sessions.from_headers(&idle).await?.is_none());
    advance(11 * MINUTE).await;
    assert!(sessions.from_headers(&used).await?.is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_only_looked_at_does_not_live_on() -> Result<(), Failure> {
    let sessions = Sessions::in_memory().life(10 * MINUTE);
    let opened = sessions.open(user("ada")).await?;
    for expected in [true, false] {
        advance(6 * MINUTE).await;
        let found = sessions.peek(&opened.key()).await;
        assert_eq!(found.map_err(Failure::internal)?.is_some(), expected);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_use_takes_a_session_past_its_longest_life() -> Result<(), Failure> {
    let sessions = Sessions::in_memory()
        .life(10 * MINUTE)
        .max_life(25 * MINUTE);
    let headers = browser(&sessions.open(user("ada")).await?);
    for minute in 1..=30 {
        advance(MINUTE).await;
        let lives = sessions.from_headers(&headers).await?.is_some();
        assert_eq!(lives, minute < 25, "in minute {minute}");
    }
    Ok(())
}

/// A store that counts how often it was asked to prolong a session, or fails to.
struct Counting {
    store: MemorySessions<User>,
    refreshes: Arc<AtomicUsize>,
    fails: bool,
}

impl SessionStore<User> for Counting {
    fn find<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<SessionRecord<User>>> {
        self.store.find(key)
    }
    fn insert(&self, session: NewSession<User>) -> StoreFuture<'_, Vec<SessionKey>> {
        self.store.insert(session)
    }
    fn refresh<'a>(&'a self, key: &'a SessionKey, idle: Duration) -> StoreFuture<'a, ()> {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
        if self.fails {
            return Box::pin(async { Err(SessionStoreError("a test's failure".into())) });
        }
        self.store.refresh(key, idle)
    }
    fn remove<'a>(&'a self, key: &'a SessionKey, why: EndReason) -> StoreFuture<'a, bool> {
        self.store.remove(key, why)
    }
    fn remove_user<'a>(
        &'a self,
        user_id: &'a str,
        why: EndReason,
    ) -> StoreFuture<'a, Vec<SessionKey>> {
        self.store.remove_user(user_id, why)
    }
    fn of_user<'a>(&'a self, user_id: &'a str) -> StoreFuture<'a, Vec<SessionKey>> {
        self.store.of_user(user_id)
    }
    fn join<'a>(
        &'a self,
        key: &'a SessionKey,
        room: RoomCode,
        max: usize,
    ) -> StoreFuture<'a, Option<Vec<RoomCode>>> {
        self.store.join(key, room, max)
    }
    fn leave<'a>(&'a self, key: &'a SessionKey, room: &'a RoomCode) -> StoreFuture<'a, bool> {
        self.store.leave(key, room)
    }
}

fn counting(fails: bool) -> (Sessions<User>, Arc<AtomicUsize>) {
    let refreshes = Arc::<AtomicUsize>::default();
    let store = Counting {
        store: MemorySessions::default(),
        refreshes: refreshes.clone(),
        fails,
    };
    (Sessions::new(store), refreshes)
}

#[tokio::test(start_paused = true)]
async fn a_busy_session_is_written_at_most_ten_times_in_its_life() -> Result<(), Failure> {
    let (sessions, refreshes) = counting(false);
    let sessions = sessions.life(100 * MINUTE).max_life(150 * MINUTE);
    let headers = browser(&sessions.open(user("ada")).await?);
    for _ in 0..149 {
        advance(MINUTE).await;
        for _ in 0..3 {
            assert!(sessions.from_headers(&headers).await?.is_some());
        }
    }
    // Every ten minutes until there is nothing more to prolong.
    assert_eq!(refreshes.load(Ordering::Relaxed), 5);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_prolonged_is_found_all_the_same() -> Result<(), Failure> {
    let (sessions, _) = counting(true);
    let headers = browser(&sessions.open(user("ada")).await?);
    advance(DEFAULT_LIFE / 2).await;
    assert!(sessions.from_headers(&headers).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_logout_ends_one_session_and_tells_of_it_once() -> Result<(), Failure> {
    let sessions = Sessions::in_memory();
    let mut notices = sessions.notices();
    let (one, other) = (
        sessions.open(user("ada")).await?,
        sessions.open(user("ada")).await?,
    );
    for _ in 0..2 {
        let cookie = sessions.close(&browser(&one)).await?;
        assert!(cookie.to_str().is_ok_and(|text| text.contains("Max-Age=0")));
    }
    assert_eq!(heard(&mut notices), [ended(&one, EndReason::LoggedOut)]);
    assert!(sessions.from_headers(&browser(&one)).await?.is_none());
    assert!(sessions.from_headers(&browser(&other)).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_session_and_all_of_a_users_can_be_revoked() -> Result<(), Failure> {
    let sessions = Sessions::in_memory();
    let mut notices = sessions.notices();
    let one = sessions.open(user("ada")).await?;
    assert!(sessions.revoke(&one.key()).await?);
    assert!(!sessions.revoke(&one.key()).await?);
    assert_eq!(heard(&mut notices), [ended(&one, EndReason::Revoked)]);

    sessions.open(user("ada")).await?;
    sessions.open(user("ada")).await?;
    let bob = sessions.open(user("bob")).await?;
    assert_eq!(sessions.revoke_user("ada").await?, 2);
    assert_eq!(heard(&mut notices).len(), 2);
    assert_eq!(sessions.of_user("ada").await?, []);
    assert_eq!(sessions.of_user("bob").await?, [bob.key()]);
    Ok(())
}

#[tokio::test]
async fn where_a_user_has_one_session_a_login_ends_the_one_before() -> Result<(), Failure> {
    let sessions = Sessions::in_memory().single_per_user(true);
    let mut notices = sessions.notices();
    let first = sessions.open(user("ada")).await?;
    sessions.open(user("bob")).await?;
    assert_eq!(heard(&mut notices), []);
    let second = sessions.open(user("ada")).await?;
    assert_eq!(heard(&mut notices), [ended(&first, EndReason::Revoked)]);
    assert!(sessions.from_headers(&browser(&first)).await?.is_none());
    assert!(sessions.from_headers(&browser(&second)).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_bearer_token_counts_only_where_it_is_turned_on() -> Result<(), Failure> {
    let sessions = Sessions::in_memory().bearer(true);
    let opened = sessions.open(user("ada")).await?;
    let token = opened.reveal_bearer_token().expect("bearer mode");
    let header = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header");
    let headers = HeaderMap::from_iter([(AUTHORIZATION, header)]);
    let sent = Credential {
        key: opened.key(),
        is_cookie: false,
    };
    assert_eq!(sessions.credential(&headers), Some(sent.clone()));
    assert_eq!(sessions.credential_of(token), Some(sent));
    assert!(sessions.from_headers(&headers).await?.is_some());

    let cookies_only = sessions.clone().bearer(false);
    assert!(cookies_only.credential(&headers).is_none());
    assert!(cookies_only.credential_of(token).is_none());
    assert!(cookies_only.from_headers(&headers).await?.is_none());
    let opened = cookies_only.open(user("ada")).await?;
    assert_eq!(opened.reveal_bearer_token(), None);
    Ok(())
}

#[tokio::test]
async fn a_bearer_token_comes_before_a_cookie_which_then_does_not_count() -> Result<(), Failure> {
    let sessions = Sessions::in_memory().bearer(true);
    let opened = sessions.open(user("ada")).await?;
    let mut headers = browser(&opened);
    let by_cookie = sessions.credential(&headers);
    assert_eq!(by_cookie.map(|found| found.is_cookie), Some(true));

    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer unknown"));
    let other = sessions.credential(&headers);
    assert!(other.is_some_and(|found| !found.is_cookie && found.key != opened.key()));
    Ok(())
}

#[tokio::test]
async fn no_debug_shows_a_token() -> Result<(), Failure> {
    let sessions = Sessions::in_memory().bearer(true);
    let opened = sessions.open(user("ada")).await?;
    let token = opened
        .reveal_bearer_token()
        .expect("bearer mode")
        .to_owned();
    let session = sessions.from_headers(&browser(&opened)).await?;
    assert!(!format!("{opened:?} {sessions:?} {session:?}").contains(&token));
    Ok(())
}

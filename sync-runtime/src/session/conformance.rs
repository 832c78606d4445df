//! What every session store promises, as tests that run over each of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    EndReason, NewSession, SessionKey, SessionLife, SessionRecord, SessionStore, SessionStoreError,
    Token,
};
use crate::{SessionUser, room::RoomCode};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    /// Values that do not survive a journey through a script's own idea of JSON.
    odd: (Vec<u8>, u64, Option<f64>),
}

impl SessionUser for User {
    fn user_id(&self) -> &str {
        &self.id
    }
}

pub(crate) fn user(id: &str) -> User {
    User {
        id: id.into(),
        odd: (Vec::new(), u64::MAX - 1, None),
    }
}

pub(crate) fn key(name: &str) -> SessionKey {
    Token::parse(name).expect("a plausible token").key()
}

/// A session that lives for a minute.
pub(crate) fn new(name: &str, id: &str) -> NewSession<User> {
    NewSession {
        key: key(name),
        user: user(id),
        life: SessionLife {
            idle: Duration::from_mins(1),
            max: None,
        },
        only: false,
    }
}

fn room(name: &str) -> RoomCode {
    RoomCode::parse(name).expect("a room name")
}

type Outcome = Result<(), SessionStoreError>;

/// Whether two durations are the same but for the time that a slow machine takes.
fn about(one: Duration, other: Duration) -> bool {
    one.abs_diff(other) < Duration::from_secs(10)
}

async fn found(
    store: &impl SessionStore<User>,
    name: &str,
) -> Result<SessionRecord<User>, SessionStoreError> {
    let record = store.find(&key(name)).await?;
    Ok(record.expect("the session lives"))
}

/// The keys as a set, of which the order is not promised.
fn sorted(mut keys: Vec<SessionKey>) -> Vec<SessionKey> {
    keys.sort();
    keys
}

pub(super) async fn a_session_is_kept_as_it_was_opened(store: &impl SessionStore<User>) -> Outcome {
    assert!(store.find(&key("a")).await?.is_none());
    assert_eq!(store.insert(new("a", "ada")).await?, []);
    let record = found(store, "a").await?;
    assert_eq!(*record.user, user("ada"));
    assert!(record.rooms.is_empty());
    assert!(about(record.left, Duration::from_mins(1)));
    assert_eq!(record.left_at_most, None);
    assert!(store.find(&key("b")).await?.is_none());
    Ok(())
}

pub(super) async fn a_session_ends_when_its_life_is_over(
    store: &impl SessionStore<User>,
) -> Outcome {
    let mut session = new("a", "ada");
    session.life.idle = Duration::from_millis(40);
    store.insert(session).await?;
    let mut looks = 0;
    while store.find(&key("a")).await?.is_some() {
        looks += 1;
        assert!(looks < 1000, "the session lives for ever");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(store.join(&key("a"), room("r"), 9).await?, None);
    assert!(!store.leave(&key("a"), &room("r")).await?);
    assert!(!store.remove(&key("a"), EndReason::Revoked).await?);
    assert_eq!(store.of_user("ada").await?, []);
    store.refresh(&key("a"), Duration::from_mins(1)).await?;
    assert!(store.find(&key("a")).await?.is_none());
    Ok(())
}

pub(super) async fn a_session_that_is_refreshed_lives_on_with_its_rooms(
    store: &impl SessionStore<User>,
) -> Outcome {
    store.insert(new("a", "ada")).await?;
    store.join(&key("a"), room("r"), 9).await?;
    store.refresh(&key("a"), Duration::from_mins(5)).await?;
    let record = found(store, "a").await?;
    assert!(about(record.left, Duration::from_mins(5)));
    assert_eq!(*record.rooms, [room("r")]);
    assert_eq!(store.of_user("ada").await?, [key("a")]);
    Ok(())
}

pub(super) async fn no_refresh_takes_a_session_past_its_longest_life(
    store: &impl SessionStore<User>,
) -> Outcome {
    let mut session = new("a", "ada");
    session.life.max = Some(Duration::from_mins(2));
    store.insert(session).await?;
    let record = found(store, "a").await?;
    assert!(about(record.left, Duration::from_mins(1)));

    store.refresh(&key("a"), Duration::from_mins(5)).await?;
    let record = found(store, "a").await?;
    let most = Duration::from_mins(2);
    assert!(about(record.left, most));
    assert!(record.left_at_most.is_some_and(|left| about(left, most)));
    Ok(())
}

pub(super) async fn a_session_that_is_removed_is_over_and_the_users_others_are_not(
    store: &impl SessionStore<User>,
) -> Outcome {
    store.insert(new("a", "ada")).await?;
    store.insert(new("b", "ada")).await?;
    assert!(store.remove(&key("a"), EndReason::LoggedOut).await?);
    assert!(!store.remove(&key("a"), EndReason::LoggedOut).await?);
    assert!(store.find(&key("a")).await?.is_none());
    assert!(store.find(&key("b")).await?.is_some());
    assert_eq!(store.of_user("ada").await?, [key("b")]);
    Ok(())
}

pub(super) async fn all_sessions_of_a_user_end_together_and_nobody_elses(
    store: &impl SessionStore<User>,
) -> Outcome {
    for (name, id) in [("a1", "ada"), ("a2", "ada"), ("b", "bob"), ("c", "ada:x")] {
        store.insert(new(name, id)).await?;
    }
    let of_ada = sorted(vec![key("a1"), key("a2")]);
    assert_eq!(sorted(store.of_user("ada").await?), of_ada);

    let ended = store.remove_user("ada", EndReason::Revoked).await?;
    assert_eq!(sorted(ended), of_ada);
    assert!(store.find(&key("a1")).await?.is_none());
    assert!(store.find(&key("a2")).await?.is_none());
    assert!(store.find(&key("b")).await?.is_some());
    assert!(store.find(&key("c")).await?.is_some());
    assert_eq!(store.of_user("ada").await?, []);
    let again = store.remove_user("ada", EndReason::Revoked).await?;
    assert_eq!(again, []);
    Ok(())
}

pub(super) async fn a_session_that_is_to_be_the_only_one_ends_the_users_others(
    store: &impl SessionStore<User>,
) -> Outcome {
    for (name, id) in [("a1", "ada"), ("a2", "ada"), ("b", "bob")] {
        store.insert(new(name, id)).await?;
    }
    let mut session = new("a3", "ada");
    session.only = true;
    let ended = store.insert(session).await?;
    assert_eq!(sorted(ended), sorted(vec![key("a1"), key("a2")]));
    assert_eq!(store.of_user("ada").await?, [key("a3")]);
    assert!(store.find(&key("a1")).await?.is_none());
    assert!(store.find(&key("a3")).await?.is_some());
    assert!(store.find(&key("b")).await?.is_some());
    Ok(())
}

pub(super) async fn a_session_remembers_its_rooms_and_leaves_the_oldest_past_its_cap(
    store: &impl SessionStore<User>,
) -> Outcome {
    store.insert(new("a", "ada")).await?;
    for name in ["one", "two", "one"] {
        assert_eq!(store.join(&key("a"), room(name), 2).await?, Some(vec![]));
    }
    assert_eq!(
        store.join(&key("a"), room("three"), 2).await?,
        Some(vec![room("one")])
    );
    assert_eq!(
        *found(store, "a").await?.rooms,
        [room("two"), room("three")]
    );
    assert!(store.leave(&key("a"), &room("two")).await?);
    assert!(store.leave(&key("a"), &room("never joined")).await?);
    assert_eq!(*found(store, "a").await?.rooms, [room("three")]);
    assert!(store.leave(&key("a"), &room("three")).await?);
    assert!(found(store, "a").await?.rooms.is_empty());
    Ok(())
}

pub(super) async fn any_room_name_is_remembered_as_it_is(
    store: &impl SessionStore<User>,
) -> Outcome {
    let names = [
        "a/b",
        "\"quoted\\\"",
        "nul \0 and \u{7f}",
        "\u{1F600} räum",
        "{}",
        "null",
        "12",
        "__proto__",
    ];
    store.insert(new("a", "ada")).await?;
    for name in names {
        store.join(&key("a"), room(name), 99).await?;
    }
    assert_eq!(*found(store, "a").await?.rooms, names.map(room));
    Ok(())
}

pub(super) async fn of_rooms_joined_at_the_same_time_none_is_lost(
    store: &impl SessionStore<User>,
) -> Outcome {
    store.insert(new("a", "ada")).await?;
    let key = key("a");
    let joins = (0..50).map(|number| store.join(&key, room(&number.to_string()), 99));
    for joined in futures_util::future::join_all(joins).await {
        assert_eq!(joined?, Some(vec![]));
    }
    assert_eq!(found(store, "a").await?.rooms.len(), 50);
    Ok(())
}

/// The suite as tests of the module that calls it. `$new` makes a store and what has to live as long
/// as it.
macro_rules! store_tests {
    ($new:expr $(, $($how:tt)*)?) => {
        $crate::session::conformance::store_tests!(@each ($new) [$($($how)*)?]
            a_session_is_kept_as_it_was_opened
            a_session_ends_when_its_life_is_over
            a_session_that_is_refreshed_lives_on_with_its_rooms
            no_refresh_takes_a_session_past_its_longest_life
            a_session_that_is_removed_is_over_and_the_users_others_are_not
            all_sessions_of_a_user_end_together_and_nobody_elses
            a_session_that_is_to_be_the_only_one_ends_the_users_others
            a_session_remembers_its_rooms_and_leaves_the_oldest_past_its_cap
            any_room_name_is_remembered_as_it_is
            of_rooms_joined_at_the_same_time_none_is_lost
        );
    };
    (@each ($new:expr) $how:tt $($name:ident)*) => {
        $($crate::session::conformance::store_tests!(@one ($new) $how $name);)*
    };
    (@one ($new:expr) [$($how:tt)*] $name:ident) => {
        #[tokio::test($($how)*)]
        async fn $name() -> Result<(), $crate::SessionStoreError> {
            let (store, _guard) = $new.await;
            $crate::session::conformance::$name(&store).await
        }
    };
}
pub(super) use store_tests;

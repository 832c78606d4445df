//! Who is in one room, and who wants to know.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use socketioxide::socket::Sid;
use tokio::time::Instant;

use super::Profile;

type UserId = Arc<str>;

/// Who is in a room, by user, and who hears of it as a `W`.
pub(super) struct Here<W> {
    users: HashMap<UserId, Present>,
    watchers: HashMap<Sid, W>,
    /// Those who have not been told yet who is here.
    newcomers: HashMap<Sid, W>,
    untold: Changes,
    /// Whether somebody sees to it that they are.
    pub(super) is_told: bool,
}

struct Present {
    profile: Profile,
    connections: HashSet<Sid>,
    /// Since when there is no connection any more.
    away_since: Option<Instant>,
}

/// What has changed; each user is in one of the two.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) joined: BTreeMap<UserId, Profile>,
    pub(super) left: BTreeSet<UserId>,
}

/// What there is to tell, and to whom.
pub(super) struct News<W> {
    pub(super) changes: Changes,
    pub(super) watchers: Vec<W>,
    /// Those who are to be told of all users instead.
    pub(super) newcomers: Vec<W>,
    pub(super) users: Vec<Profile>,
}

impl<W> Default for Here<W> {
    fn default() -> Self {
        Self {
            users: HashMap::new(),
            watchers: HashMap::new(),
            newcomers: HashMap::new(),
            untold: Changes::default(),
            is_told: false,
        }
    }
}

impl<W: Clone> Here<W> {
    /// A connection of a user is here. The newest profile is the one that counts.
    pub(super) fn enter(&mut self, user: &str, connection: Sid, profile: Profile) {
        let user: UserId = user.into();
        let is_known = self
            .users
            .get(&user)
            .is_some_and(|known| known.profile.get() == profile.get());
        let present = self.users.entry(user.clone()).or_insert_with(|| Present {
            profile: profile.clone(),
            connections: HashSet::new(),
            away_since: None,
        });
        present.connections.insert(connection);
        present.away_since = None;
        if !is_known {
            present.profile = profile.clone();
            self.note(|untold| {
                untold.left.remove(&user);
                untold.joined.insert(user, profile);
            });
        }
    }

    /// A connection is no longer here. Gives since when, if it was the user's last one.
    pub(super) fn lose(&mut self, user: &str, connection: Sid) -> Option<Instant> {
        self.watchers.remove(&connection);
        self.newcomers.remove(&connection);
        let present = self.users.get_mut(user)?;
        let was_here = present.connections.remove(&connection);
        if !was_here || !present.connections.is_empty() {
            return None;
        }
        let now = Instant::now();
        present.away_since = Some(now);
        Some(now)
    }

    /// A user is gone who has been away since then, unless there is a connection again.
    pub(super) fn depart(&mut self, user: &str, away_since: Instant) {
        let present = self.users.get(user);
        if present.is_none_or(|present| present.away_since != Some(away_since)) {
            return;
        }
        if let Some((user, _)) = self.users.remove_entry(user) {
            self.note(|untold| {
                untold.joined.remove(&user);
                untold.left.insert(user);
            });
        }
    }

    pub(super) fn watch(&mut self, connection: Sid, watcher: W) {
        self.watchers.remove(&connection);
        self.newcomers.insert(connection, watcher);
    }

    pub(super) fn unwatch(&mut self, connection: Sid) {
        self.watchers.remove(&connection);
        self.newcomers.remove(&connection);
    }

    pub(super) fn users(&self) -> usize {
        self.users.len()
    }

    pub(super) fn has_news(&self) -> bool {
        !self.newcomers.is_empty() || !self.untold.is_empty()
    }

    /// What is to be told now. Newcomers are watchers from here on.
    pub(super) fn take_news(&mut self) -> News<W> {
        let watchers = self.watchers.values().cloned().collect();
        let newcomers: Vec<W> = self.newcomers.values().cloned().collect();
        self.watchers.extend(self.newcomers.drain());
        let users = if newcomers.is_empty() {
            Vec::new()
        } else {
            self.profiles()
        };
        News {
            changes: std::mem::take(&mut self.untold),
            watchers,
            newcomers,
            users,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.watchers.is_empty() && self.newcomers.is_empty()
    }

    /// Notes a change, if there is anybody who is to hear of it.
    fn note(&mut self, change: impl FnOnce(&mut Changes)) {
        if !self.watchers.is_empty() {
            change(&mut self.untold);
        }
    }

    /// In the order of their ids, so that it is the same for all.
    fn profiles(&self) -> Vec<Profile> {
        let users: BTreeMap<_, _> = self.users.iter().collect();
        users
            .into_values()
            .map(|present| present.profile.clone())
            .collect()
    }
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;

    fn profile(text: &str) -> Profile {
        to_raw_value(text).map(Into::into).expect("a text")
    }

    fn told(here: &mut Here<&'static str>) -> (Vec<String>, Vec<String>) {
        let changes = here.take_news().changes;
        let joined = changes.joined.keys().map(ToString::to_string).collect();
        (
            joined,
            changes.left.iter().map(ToString::to_string).collect(),
        )
    }

    fn watched() -> Here<&'static str> {
        let mut here = Here::default();
        here.watch(Sid::new(), "watcher");
        here.take_news();
        here
    }

    #[test]
    fn a_user_is_here_once_with_however_many_connections() {
        let mut here = watched();
        let (one, other) = (Sid::new(), Sid::new());
        here.enter("ada", one, profile("Ada"));
        here.enter("ada", other, profile("Ada"));
        assert_eq!(told(&mut here), (vec!["ada".into()], vec![]));
        assert_eq!(here.lose("ada", one), None);
        let since = here.lose("ada", other).expect("the last one");
        here.depart("ada", since);
        assert_eq!(told(&mut here), (vec![], vec!["ada".into()]));
        assert_eq!(here.users(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_back_in_time_was_never_gone() {
        let mut here = watched();
        let (one, other) = (Sid::new(), Sid::new());
        here.enter("ada", one, profile("Ada"));
        told(&mut here);
        let since = here.lose("ada", one).expect("the last one");
        here.enter("ada", other, profile("Ada"));
        here.depart("ada", since);
        assert!(!here.has_news());
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        let later = here.lose("ada", other).expect("the last one");
        // The end of the first absence is not that of the second.
        here.depart("ada", since);
        assert_eq!(here.users(), 1);
        here.depart("ada", later);
        assert_eq!(here.users(), 0);
    }

    #[test]
    fn a_new_profile_is_told_as_a_join() {
        let mut here = watched();
        here.enter("ada", Sid::new(), profile("Ada"));
        told(&mut here);
        here.enter("ada", Sid::new(), profile("Ada L."));
        let news = here.take_news();
        let names: Vec<_> = news
            .changes
            .joined
            .values()
            .map(|name| name.get())
            .collect();
        assert_eq!(names, [r#""Ada L.""#]);
    }

    #[test]
    fn a_newcomer_is_told_of_all_and_the_others_of_changes() {
        let mut here = watched();
        here.enter("grace", Sid::new(), profile("Grace"));
        here.enter("ada", Sid::new(), profile("Ada"));
        here.watch(Sid::new(), "newcomer");
        let news = here.take_news();
        assert_eq!(
            (news.watchers, news.newcomers),
            (vec!["watcher"], vec!["newcomer"])
        );
        assert_eq!(news.changes.joined.len(), 2);
        let users: Vec<_> = news.users.iter().map(|user| user.get()).collect();
        assert_eq!(users, [r#""Ada""#, r#""Grace""#]);
    }

    #[test]
    fn nothing_is_kept_for_a_room_that_nobody_watches_or_is_in() {
        let mut here = Here::<&str>::default();
        let connection = Sid::new();
        here.enter("ada", connection, profile("Ada"));
        here.watch(connection, "ada");
        assert!(here.has_news());
        let since = here.lose("ada", connection).expect("the last one");
        here.depart("ada", since);
        assert!(!here.has_news());
        assert!(here.is_empty());
    }
}

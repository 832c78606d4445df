//! Who is in one room, and who wants to know.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    time::Duration,
};

use socketioxide::socket::Sid;
use tokio::time::Instant;

use super::{Profile, UserId, changes::Changes, elsewhere::Elsewhere, own::Own, word::Word};

/// Who is in a room, by user, and who hears of it as a `W`.
pub(super) struct Here<W> {
    own: Own,
    elsewhere: Elsewhere,
    /// All of them, as those who watch know them or are about to be told.
    users: BTreeMap<UserId, Profile>,
    watchers: HashMap<Sid, W>,
    /// Those who have not been told yet who is here.
    newcomers: HashMap<Sid, W>,
    /// The doubt with which it began that other nodes were asked for the newcomers, as long as these
    /// wait for the answers.
    awaited: Option<u64>,
    untold: Changes<Profile>,
    /// Whether somebody sees to it that they are.
    pub(super) is_told: bool,
}

/// What there is to tell, and to whom.
pub(super) struct News<W> {
    pub(super) changes: Changes<Profile>,
    pub(super) watchers: Vec<W>,
    /// Those who are to be told of all users instead.
    pub(super) newcomers: Vec<W>,
    pub(super) users: Vec<Profile>,
    /// Those who are not told: there are too many users.
    pub(super) refused: Vec<W>,
}

impl<W: Clone> Here<W> {
    /// `has_others` if there can be other nodes with users here.
    pub(super) fn new(has_others: bool) -> Self {
        Self {
            own: Own::new(has_others),
            elsewhere: Elsewhere::default(),
            users: BTreeMap::new(),
            watchers: HashMap::new(),
            newcomers: HashMap::new(),
            awaited: None,
            untold: Changes::default(),
            is_told: false,
        }
    }

    /// A connection of a user is here.
    pub(super) fn enter(&mut self, user: &str, connection: Sid, profile: Profile) {
        let user: UserId = user.into();
        if self.own.enter(&user, connection, profile) {
            self.see(&user);
        }
    }

    /// A connection is no longer here. Gives since when, if it was the user's last one.
    pub(super) fn lose(&mut self, user: &str, connection: Sid) -> Option<Instant> {
        self.unwatch(connection);
        self.own.lose(user, connection)
    }

    /// A user is gone who has been away since then, unless there is a connection again.
    pub(super) fn depart(&mut self, user: &str, away_since: Instant) {
        if let Some(user) = self.own.depart(user, away_since) {
            self.see(&user);
        }
    }

    /// Somebody is to be told. Gives the doubt with which it begins that other nodes are to be asked.
    pub(super) fn watch(&mut self, connection: Sid, watcher: W) -> Option<u64> {
        let is_first = !self.is_watched();
        self.watchers.remove(&connection);
        self.newcomers.insert(connection, watcher);
        if is_first && self.own.is_said() {
            self.elsewhere.doubt_all();
            self.awaited = Some(self.elsewhere.doubts());
        }
        self.awaited.filter(|_| is_first)
    }

    pub(super) fn unwatch(&mut self, connection: Sid) {
        self.watchers.remove(&connection);
        self.newcomers.remove(&connection);
        self.forget_unwatched();
    }

    /// Other nodes have had their time to answer: what they have not said comes later.
    pub(super) fn await_no_longer(&mut self, doubt: u64) {
        if self.awaited == Some(doubt) {
            self.awaited = None;
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        !self.watchers.is_empty() || !self.newcomers.is_empty()
    }

    pub(super) fn has_news(&self) -> bool {
        let has_ready = !self.newcomers.is_empty() && self.awaited.is_none();
        has_ready || !self.untold.is_empty() || self.own.has_unsaid()
    }

    /// What is to be told to other nodes now.
    pub(super) fn take_word(&mut self, version: impl FnOnce() -> u64, most: usize) -> Option<Word> {
        self.own.take_word(version, most)
    }

    /// What is to be told to those who watch now. Newcomers are watchers from here on, unless there are more
    /// than `most` users.
    pub(super) fn take_news(&mut self, most: usize) -> News<W> {
        let newcomers = match self.awaited {
            None => mem::take(&mut self.newcomers),
            Some(_) => HashMap::new(),
        };
        let count = self.users.len().max(self.elsewhere.most_on_a_node());
        let (newcomers, refused) = if count > most {
            (HashMap::new(), newcomers)
        } else {
            (newcomers, HashMap::new())
        };
        let users = if newcomers.is_empty() {
            Vec::new()
        } else {
            self.users.values().cloned().collect()
        };
        let news = News {
            changes: mem::take(&mut self.untold),
            watchers: self.watchers.values().cloned().collect(),
            newcomers: newcomers.values().cloned().collect(),
            users,
            refused: refused.into_values().collect(),
        };
        self.watchers.extend(newcomers);
        self.forget_unwatched();
        news
    }

    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && !self.own.has_unsaid() && !self.is_watched()
    }

    /// Looks where a user is. Whatever has changed, on this node or on others, is decided here: a user
    /// is in the room who is so on any node, with the profile that was made last.
    fn see(&mut self, user: &UserId) {
        let sights = self.elsewhere.sights(user).chain(self.own.sight(user));
        let newest = sights.max_by(|one, other| one.order().cmp(&other.order()));
        let newest = newest.map(|sight| sight.profile.clone());
        let known = self.users.get(user);
        let is_known = match (known, &newest) {
            (Some(known), Some(newest)) => known.get() == newest.get(),
            (known, newest) => known.is_none() && newest.is_none(),
        };
        if is_known {
            return;
        }
        // Noted only if there is anybody who is to hear of it: newcomers are told of all.
        let is_told = !self.watchers.is_empty();
        if let Some(profile) = newest {
            self.users.insert(user.clone(), profile.clone());
            if is_told {
                self.untold.join(user.clone(), profile);
            }
        } else {
            self.users.remove(user);
            if is_told {
                self.untold.leave(user.clone());
            }
        }
    }

    /// Forgets what other nodes have said, where nobody is to hear of it.
    fn forget_unwatched(&mut self) {
        if !self.is_watched() {
            self.awaited = None;
            for user in self.elsewhere.forget_all() {
                self.see(&user);
            }
        }
    }

    /// How often there was a doubt about other nodes: these are about to be asked.
    pub(super) fn begin_to_ask(&mut self) -> u64 {
        self.elsewhere.begin_to_ask()
    }

    /// All nodes have been asked since there were so many doubts.
    pub(super) fn note_asked(&mut self, doubts: u64) {
        self.elsewhere.note_asked(doubts);
    }
}

#[cfg_attr(
    not(any(feature = "redis", test)),
    expect(dead_code, reason = "only Redis has other nodes")
)]
impl<W: Clone> Here<W> {
    /// Takes what another node says of its users. Tells whether it is to be asked for more.
    pub(super) fn hear(&mut self, node: &str, word: Word) -> bool {
        if !self.is_watched() {
            return false;
        }
        for user in self.elsewhere.hear(node, word) {
            self.see(&user);
        }
        self.elsewhere.is_to_be_asked()
    }

    /// The users of another node are gone.
    pub(super) fn forget_node(&mut self, node: &str) {
        for user in self.elsewhere.forget(node) {
            self.see(&user);
        }
    }

    /// As well those of nodes that have been asked in vain for so long.
    pub(super) fn forget_silent(&mut self, patience: Duration) {
        for user in self.elsewhere.forget_silent(patience) {
            self.see(&user);
        }
    }

    /// Something may have been missed, of one node or of all. Tells whether it matters.
    pub(super) fn doubt(&mut self, node: Option<&str>) -> bool {
        if !self.is_watched() {
            return false;
        }
        match node {
            Some(node) => self.elsewhere.doubt(node),
            None => self.elsewhere.doubt_all(),
        }
        true
    }

    /// Whether something may have been missed.
    pub(super) fn is_doubtful(&self) -> bool {
        self.elsewhere.is_doubtful()
    }

    /// Whether other nodes are to be asked, again or at all.
    pub(super) fn is_to_be_asked(&self) -> bool {
        self.elsewhere.is_to_be_asked()
    }

    /// Whether somebody is on this node.
    pub(super) fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// How this node shows a user of its own.
    #[cfg(test)]
    pub(super) fn own_sight(&self, user: &str) -> Option<&super::word::Sight> {
        self.own.sight(user)
    }

    /// Who are on this node, for others to know.
    pub(super) fn whole(&self, version: impl FnOnce() -> u64, most: usize) -> Word {
        self.own.whole(version, most)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;

    const MOST: usize = 1_000;

    fn profile(text: &str) -> Profile {
        to_raw_value(text).map(Into::into).expect("a text")
    }

    fn told(here: &mut Here<&'static str>) -> (Vec<String>, Vec<String>) {
        let changes = here.take_news(MOST).changes;
        let joined = changes.joined.keys().map(ToString::to_string).collect();
        (
            joined,
            changes.left.iter().map(ToString::to_string).collect(),
        )
    }

    fn watched() -> Here<&'static str> {
        let mut here = Here::new(false);
        here.watch(Sid::new(), "watcher");
        here.take_news(MOST);
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
        assert!(here.users.is_empty());
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
        assert_eq!(here.users.len(), 1);
        here.depart("ada", later);
        assert!(here.users.is_empty());
    }

    #[test]
    fn a_new_profile_is_told_as_a_join() {
        let mut here = watched();
        here.enter("ada", Sid::new(), profile("Ada"));
        told(&mut here);
        here.enter("ada", Sid::new(), profile("Ada L."));
        let news = here.take_news(MOST);
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
        let news = here.take_news(MOST);
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
        let mut here = Here::<&str>::new(false);
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

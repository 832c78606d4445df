//! The users of one room who are connected to this node. What this says is theirs is true: it is the
//! node itself that knows.

use std::{
    collections::{HashMap, HashSet},
    mem,
};

use socketioxide::socket::Sid;
use tokio::time::Instant;

use super::{
    Profile, UserId,
    changes::Changes,
    word::{Sight, Word},
};

pub(super) struct Own {
    users: HashMap<UserId, Present>,
    /// What other nodes have yet to be told.
    unsaid: Changes<Sight>,
    /// Whether there are others.
    is_said: bool,
    /// Of the last word, 0 if there was none.
    version: u64,
}

struct Present {
    sight: Sight,
    connections: HashSet<Sid>,
    /// Since when there is no connection any more.
    away_since: Option<Instant>,
}

impl Own {
    /// `is_said` if there are other nodes to tell of them.
    pub(super) fn new(is_said: bool) -> Self {
        Self {
            users: HashMap::new(),
            unsaid: Changes::default(),
            is_said,
            version: 0,
        }
    }

    /// A connection of a user is here. The newest profile is the one that counts. Tells whether there is
    /// something new to see.
    pub(super) fn enter(&mut self, user: &UserId, connection: Sid, profile: Profile) -> bool {
        let known = self.users.get_mut(user);
        if let Some(present) = known {
            present.connections.insert(connection);
            present.away_since = None;
            if present.sight.shows(&profile) {
                return false;
            }
        }
        let sight = Sight::of(profile);
        if self.is_said {
            self.unsaid.join(user.clone(), sight.clone());
        }
        let present = self.users.entry(user.clone()).or_insert_with(|| Present {
            sight: sight.clone(),
            connections: HashSet::from([connection]),
            away_since: None,
        });
        present.sight = sight;
        true
    }

    /// A connection is no longer here. Gives since when, if it was the user's last one.
    pub(super) fn lose(&mut self, user: &str, connection: Sid) -> Option<Instant> {
        let present = self.users.get_mut(user)?;
        let was_here = present.connections.remove(&connection);
        if !was_here || !present.connections.is_empty() {
            return None;
        }
        let now = Instant::now();
        present.away_since = Some(now);
        Some(now)
    }

    /// A user is gone who has been away since then, unless there is a connection again. Gives who, if so.
    pub(super) fn depart(&mut self, user: &str, away_since: Instant) -> Option<UserId> {
        let present = self.users.get(user)?;
        if present.away_since != Some(away_since) {
            return None;
        }
        let (user, _) = self.users.remove_entry(user)?;
        if self.is_said {
            self.unsaid.leave(user.clone());
        }
        Some(user)
    }

    pub(super) fn sight(&self, user: &str) -> Option<&Sight> {
        self.users.get(user).map(|present| &present.sight)
    }

    /// Whether there are other nodes to tell of them.
    pub(super) fn is_said(&self) -> bool {
        self.is_said
    }

    pub(super) fn has_unsaid(&self) -> bool {
        !self.unsaid.is_empty()
    }

    /// What other nodes are to be told now. Of more than `most` no list is made.
    pub(super) fn take_word(&mut self, version: impl FnOnce() -> u64, most: usize) -> Option<Word> {
        if self.unsaid.is_empty() {
            return None;
        }
        let after = mem::replace(&mut self.version, version());
        let users = mem::take(&mut self.unsaid);
        if users.len() > most {
            return Some(self.whole(|| after, most));
        }
        Some(Word {
            after: Some(after),
            users,
            ..self.count(self.version, most)
        })
    }

    /// Who all are here. What has yet to be said as a change is in it as well. Where nothing was said
    /// since somebody was here last, it is of a new version.
    pub(super) fn whole(&self, version: impl FnOnce() -> u64, most: usize) -> Word {
        let version = match self.version {
            0 => version(),
            said => said,
        };
        let mut word = self.count(version, most);
        if !word.is_crowd {
            let users = self.users.iter();
            let sights = users.map(|(id, present)| (id.clone(), present.sight.clone()));
            word.users.joined = sights.collect();
        }
        word
    }

    /// How many are here.
    fn count(&self, version: u64, most: usize) -> Word {
        Word {
            version,
            after: None,
            count: self.users.len(),
            is_crowd: self.users.len() > most,
            users: Changes::default(),
        }
    }

    /// Whether nobody is here.
    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }
}

//! Who has come and gone.

use std::collections::{BTreeMap, BTreeSet};

use super::UserId;

/// What has changed; each user is in one of the two.
#[derive(Debug, Clone)]
pub(super) struct Changes<P> {
    pub(super) joined: BTreeMap<UserId, P>,
    pub(super) left: BTreeSet<UserId>,
}

impl<P> Default for Changes<P> {
    fn default() -> Self {
        Self {
            joined: BTreeMap::new(),
            left: BTreeSet::new(),
        }
    }
}

impl<P> Changes<P> {
    pub(super) fn join(&mut self, user: UserId, profile: P) {
        self.left.remove(&user);
        self.joined.insert(user, profile);
    }

    pub(super) fn leave(&mut self, user: UserId) {
        self.joined.remove(&user);
        self.left.insert(user);
    }

    pub(super) fn len(&self) -> usize {
        self.joined.len() + self.left.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty()
    }
}

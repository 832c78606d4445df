//! The users of one room who are connected to other nodes, as these have said.
//!
//! Each word says which one it follows, and how many users it leaves there are. So what was missed is
//! noticed at the next word: then this node counts as in doubt, and is asked for all of them. What it
//! said is kept until it answers, and dropped if it does not.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::UserId;
use super::word::{Sight, Word};

pub(super) type NodeId = Arc<str>;

/// How long a question may go unanswered before it is put again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Elsewhere {
    nodes: HashMap<NodeId, Node>,
    /// How often there was a doubt, and of how many of these all nodes have been asked.
    doubts: u64,
    asked: u64,
    /// When they were last asked, or somebody tried to.
    tried: Option<Instant>,
}

/// What another node has said.
#[derive(Default)]
struct Node {
    version: u64,
    count: usize,
    users: HashMap<UserId, Sight>,
    /// Since when something of it may have been missed.
    doubted: Option<Instant>,
}

impl Elsewhere {
    /// How the other nodes show a user.
    pub(super) fn sights(&self, user: &str) -> impl Iterator<Item = &Sight> {
        let nodes = self.nodes.values();
        nodes.filter_map(move |node| node.users.get(user))
    }

    /// Forgets all. Gives those who were somewhere, some of them more than once.
    pub(super) fn forget_all(&mut self) -> Vec<UserId> {
        self.asked = self.doubts;
        let nodes = self.nodes.drain();
        nodes.flat_map(|(_, node)| node.users.into_keys()).collect()
    }

    /// How many users the node has that has most of them, of whom not all need to be known.
    pub(super) fn most_on_a_node(&self) -> usize {
        let counts = self.nodes.values().map(|node| node.count);
        counts.max().unwrap_or_default()
    }

    /// Something may have been missed of any node.
    pub(super) fn doubt_all(&mut self) {
        self.doubts += 1;
        self.tried = None;
        for node in self.nodes.values_mut() {
            node.doubted.get_or_insert_with(Instant::now);
        }
    }

    /// How often there was a doubt.
    pub(super) fn doubts(&self) -> u64 {
        self.doubts
    }

    /// All nodes are about to be asked. Gives how often there was a doubt until then.
    pub(super) fn begin_to_ask(&mut self) -> u64 {
        self.tried = Some(Instant::now());
        self.doubts
    }

    /// All nodes have been asked since there were so many doubts.
    pub(super) fn note_asked(&mut self, doubts: u64) {
        self.asked = self.asked.max(doubts);
    }

    /// Takes what a node says. Gives those of whom something may be new.
    pub(super) fn hear(&mut self, node: &str, word: Word) -> HashSet<UserId> {
        let known = match self.nodes.get_mut(node) {
            Some(known) => known,
            None => self.nodes.entry(node.into()).or_default(),
        };
        let is_late = match word.after {
            Some(_) => word.version <= known.version,
            None => word.version < known.version,
        };
        if is_late {
            return HashSet::new();
        }
        let is_all = word.is_all();
        let follows = is_all || word.after == Some(known.version);
        let mut touched: HashSet<_> = word.users.left.into_iter().collect();
        for user in &touched {
            known.users.remove(user);
        }
        // Of a crowd nobody is listed: those who are known are what there is.
        if is_all && !word.is_crowd {
            touched.extend(known.users.drain().map(|(user, _)| user));
        }
        for (user, sight) in word.users.joined {
            touched.insert(user.clone());
            known.users.insert(user, sight);
        }
        known.version = word.version;
        known.count = word.count;
        if word.is_crowd || follows && known.users.len() == word.count {
            known.doubted = None;
        } else if known.doubted.is_none() {
            known.doubted = Some(Instant::now());
            self.doubts += 1;
            self.tried = None;
        }
        touched
    }

    /// Something may have been missed of a node.
    pub(super) fn doubt(&mut self, node: &str) {
        self.doubts += 1;
        self.tried = None;
        if let Some(node) = self.nodes.get_mut(node) {
            node.doubted.get_or_insert_with(Instant::now);
        }
    }

    /// Forgets a node. Gives those who were there.
    pub(super) fn forget(&mut self, node: &str) -> Vec<UserId> {
        let known = self.nodes.remove(node);
        known.map_or_else(Vec::new, |known| known.users.into_keys().collect())
    }

    /// Forgets the nodes that have been asked in vain for so long. Gives those who were there.
    pub(super) fn forget_silent(&mut self, patience: Duration) -> Vec<UserId> {
        let is_silent = |node: &Node| {
            let since = node.doubted;
            since.is_some_and(|since| since.elapsed() >= patience)
        };
        let silent = self.nodes.extract_if(|_, node| is_silent(node));
        silent
            .flat_map(|(_, node)| node.users.into_keys())
            .collect()
    }

    /// Whether something may have been missed.
    pub(super) fn is_doubtful(&self) -> bool {
        self.asked < self.doubts || self.nodes.values().any(|node| node.doubted.is_some())
    }

    /// Whether the nodes are to be asked, again or at all.
    pub(super) fn is_to_be_asked(&self) -> bool {
        let is_time = self.tried.is_none_or(|tried| tried.elapsed() >= ASK_AGAIN);
        is_time && self.is_doubtful()
    }
}

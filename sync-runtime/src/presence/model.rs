//! The law of presence between nodes, tried on hundreds of random courses: whatever was lost, late or in
//! another order, and whichever nodes died, in the end all who watch know the same, and that is true.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use socketioxide::socket::Sid;
use tokio::time::{Instant, advance};

use super::{
    here::Here,
    word::{Sight, Word},
};

const NODES: usize = 3;
const USERS: usize = 4;
const STEPS: usize = 120;
const COURSES: u64 = 500;
/// Few enough that there are crowds.
const MOST: usize = 3;
const DEAD_AFTER: Duration = Duration::from_secs(5);

/// The linear congruential generator of Knuth's MMIX.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound
    }

    fn is_one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

#[derive(Clone)]
enum Message {
    Word(Word),
    Want,
    Lost,
}

/// A node, and the one member on it that may watch.
struct Node {
    here: Here<()>,
    is_alive: bool,
    connections: Vec<(String, Sid)>,
    away: Vec<(String, Instant)>,
    version: u64,
    has_lost: bool,
    watcher: Option<Sid>,
    /// What the one that watches knows.
    told: BTreeMap<String, String>,
}

struct World {
    random: Random,
    nodes: Vec<Node>,
    /// What each says to each other one.
    wires: BTreeMap<(usize, usize), VecDeque<Message>>,
    crowds: usize,
    /// Whether anything can get lost.
    is_stormy: bool,
}

fn id(profile: &RawValue) -> String {
    let profile: BTreeMap<String, String> =
        serde_json::from_str(profile.get()).expect("a profile of this test");
    profile["id"].clone()
}

impl World {
    fn new(seed: u64) -> Self {
        let node = || Node {
            here: Here::new(true),
            is_alive: true,
            connections: Vec::new(),
            away: Vec::new(),
            version: 0,
            has_lost: false,
            watcher: None,
            told: BTreeMap::new(),
        };
        Self {
            random: Random(seed),
            nodes: (0..NODES).map(|_| node()).collect(),
            wires: BTreeMap::new(),
            crowds: 0,
            is_stormy: true,
        }
    }

    /// Says something to all others, unless it gets lost: then the others are told so later.
    fn say(&mut self, from: usize, message: &Message) -> bool {
        if self.is_stormy && self.random.is_one_in(8) {
            self.nodes[from].has_lost = true;
            return false;
        }
        for to in (0..NODES).filter(|to| *to != from) {
            let wire = self.wires.entry((from, to)).or_default();
            wire.push_back(message.clone());
        }
        true
    }

    fn ask(&mut self, node: usize) {
        let doubts = self.nodes[node].here.begin_to_ask();
        if self.say(node, &Message::Want) {
            self.nodes[node].here.note_asked(doubts);
        }
    }

    fn say_news(&mut self, node: usize) {
        let Node { here, version, .. } = &mut self.nodes[node];
        let next = || {
            *version += 1;
            *version
        };
        if let Some(word) = here.take_word(next, MOST) {
            self.crowds += usize::from(word.is_crowd);
            self.say(node, &Message::Word(word));
        }
        let node = &mut self.nodes[node];
        let news = node.here.take_news(MOST);
        if !news.newcomers.is_empty() {
            let users = news.users.iter();
            node.told = users.map(|user| (id(user), user.get().into())).collect();
        } else if !news.refused.is_empty() {
            node.watcher = None;
        } else {
            for (id, user) in news.changes.joined {
                node.told.insert(id.to_string(), user.get().into());
            }
            for id in news.changes.left {
                node.told.remove(&*id);
            }
        }
    }

    fn say_all(&mut self, from: usize) {
        let Node { here, version, .. } = &mut self.nodes[from];
        if here.has_own() {
            let next = || {
                *version += 1;
                *version
            };
            let word = here.whole(next, MOST);
            self.say(from, &Message::Word(word));
        }
    }

    fn say_lost(&mut self, node: usize) {
        if std::mem::take(&mut self.nodes[node].has_lost) {
            self.say(node, &Message::Lost);
        }
    }

    /// The next message from one node to another.
    fn deliver(&mut self, from: usize, to: usize) {
        let wire = self.wires.entry((from, to)).or_default();
        let Some(message) = wire.pop_front() else {
            return;
        };
        let name = from.to_string();
        let node = &mut self.nodes[to];
        if !node.is_alive {
            return;
        }
        let is_to_ask = match message {
            Message::Word(word) => node.here.hear(&name, word),
            Message::Lost => node.here.doubt(Some(&name)),
            Message::Want => {
                // It hears only of rooms with members.
                if !node.connections.is_empty() || node.watcher.is_some() {
                    let next = || {
                        node.version += 1;
                        node.version
                    };
                    let word = node.here.whole(next, MOST);
                    let back = self.wires.entry((to, from)).or_default();
                    if self.is_stormy && self.random.is_one_in(8) {
                        self.nodes[to].has_lost = true;
                    } else {
                        back.push_back(Message::Word(word));
                    }
                }
                false
            }
        };
        if is_to_ask {
            self.ask(to);
        }
    }

    fn step(&mut self) {
        let living: Vec<_> = (0..NODES).filter(|at| self.nodes[*at].is_alive).collect();
        let at = living[self.random.below(living.len())];
        let other = (at + 1 + self.random.below(NODES - 1)) % NODES;
        match self.random.below(20) {
            0..3 => {
                let user = self.random.below(USERS).to_string();
                let profile = json!({ "id": user, "name": self.random.below(2).to_string() });
                let profile = to_raw_value(&profile).expect("JSON").into();
                let (node, connection) = (&mut self.nodes[at], Sid::new());
                node.here.enter(&user, connection, profile);
                node.connections.push((user, connection));
            }
            3..7 if !self.nodes[at].connections.is_empty() => {
                let which = self.random.below(self.nodes[at].connections.len());
                let node = &mut self.nodes[at];
                let (user, connection) = node.connections.swap_remove(which);
                if let Some(since) = node.here.lose(&user, connection) {
                    node.away.push((user, since));
                }
            }
            7 => self.come_to_an_end(at),
            8..11 => self.say_news(at),
            11..16 => self.deliver(other, at),
            16 => self.mix(other, at),
            17 => match self.nodes[at].watcher.take() {
                Some(watcher) => self.nodes[at].here.unwatch(watcher),
                None => self.watch(at),
            },
            18 => match self.random.below(4) {
                0 => self.interrupt(at),
                1 if living.len() > 1 && self.random.is_one_in(4) => self.die(at),
                _ => self.say_lost(at),
            },
            _ => {
                let doubt = self.random.below(8) as u64;
                self.nodes[at].here.await_no_longer(doubt);
            }
        }
    }

    /// What a node says through two connections to Redis, one after the other, can come in another order.
    fn mix(&mut self, from: usize, to: usize) {
        let is_mixed = self.random.is_one_in(2);
        let wire = self.wires.entry((from, to)).or_default();
        if wire.len() > 1 && is_mixed {
            wire.swap(0, 1);
        }
    }

    fn watch(&mut self, at: usize) {
        let watcher = Sid::new();
        let node = &mut self.nodes[at];
        node.watcher = Some(watcher);
        node.told.clear();
        if node.here.watch(watcher, ()).is_some() {
            self.ask(at);
        }
    }

    /// The grace of all who are away is over.
    fn come_to_an_end(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        for (user, since) in node.away.drain(..) {
            node.here.depart(&user, since);
        }
    }

    fn interrupt(&mut self, at: usize) {
        for ((_, to), wire) in &mut self.wires {
            if *to == at {
                wire.clear();
            }
        }
        self.say_all(at);
        if self.nodes[at].here.doubt(None) {
            self.ask(at);
        }
    }

    fn die(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        node.is_alive = false;
        node.here = Here::new(true);
        node.watcher = None;
        node.connections.clear();
        node.away.clear();
    }

    /// Nothing happens any more but what has to.
    async fn calm_down(&mut self) {
        for second in 0..20 {
            self.is_stormy = second < 5;
            advance(Duration::from_secs(1)).await;
            for at in 0..NODES {
                if !self.nodes[at].is_alive {
                    self.bury(at);
                    continue;
                }
                self.come_to_an_end(at);
                self.nodes[at].here.forget_silent(DEAD_AFTER);
                if self.nodes[at].here.is_to_be_asked() {
                    self.ask(at);
                }
                self.say_lost(at);
                self.say_news(at);
            }
            let pairs: Vec<_> = self.wires.keys().copied().collect();
            for (from, to) in pairs {
                while self
                    .wires
                    .get(&(from, to))
                    .is_some_and(|wire| !wire.is_empty())
                {
                    self.mix(from, to);
                    self.deliver(from, to);
                }
            }
        }
        for at in 0..NODES {
            let doubt = (0..200).find(|doubt| {
                self.nodes[at].here.await_no_longer(*doubt);
                self.nodes[at].here.has_news()
            });
            if doubt.is_some() {
                self.say_news(at);
            }
        }
    }

    /// The others have noticed that a node is dead.
    fn bury(&mut self, dead: usize) {
        for to in (0..NODES).filter(|to| *to != dead) {
            self.wires.remove(&(dead, to));
            self.nodes[to].here.forget_node(&dead.to_string());
        }
    }

    /// Who is there.
    fn truth(&self) -> BTreeMap<String, String> {
        let users = (0..USERS).filter_map(|user| {
            let user = user.to_string();
            let sights = self
                .nodes
                .iter()
                .filter_map(|node| node.here.own_sight(&user));
            let newest = sights.max_by(|one, other| one.order().cmp(&other.order()));
            newest.map(|sight: &Sight| (user.clone(), sight.profile.get().to_owned()))
        });
        users.collect()
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_lost_late_or_dies_all_who_watch_know_in_the_end_who_is_there() {
    let (mut watched, mut crowds) = (0, 0);
    let mut sizes = BTreeSet::new();
    for seed in 0..COURSES {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.calm_down().await;
        let truth = world.truth();
        // Of a crowd those who watch already know what they have heard.
        let is_crowd = world.nodes.iter().any(|node| {
            let mut users: Vec<_> = node.connections.iter().map(|(user, _)| user).collect();
            users.sort();
            users.dedup();
            users.len() > MOST
        });
        crowds += world.crowds;
        for (at, node) in world.nodes.iter().enumerate() {
            assert!(!node.here.is_doubtful(), "seed {seed}, node {at}");
            if node.watcher.is_some() && !is_crowd {
                assert_eq!(node.told, truth, "seed {seed}, node {at}");
                watched += 1;
                sizes.insert(truth.len());
            }
        }
    }
    // Those were courses in which something could go wrong.
    assert!(watched > 200, "{watched}");
    assert!(crowds > 20, "{crowds}");
    assert!(sizes.len() > MOST, "{sizes:?}");
}

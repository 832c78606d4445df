//! The pulse of a node: it says again and again that it lives, and hears of those that no longer do.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use redis::{RedisResult, Script, aio::ConnectionManager};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::census::Census;
use crate::{
    cluster::{Notice, Seen},
    observe,
};

/// After how many times the time that makes a node dead it is forgotten: by then all have noticed.
const FORGOTTEN_AFTER: u32 = 12;

pub(super) struct Settings {
    pub(super) node: String,
    pub(super) prefix: String,
    /// How long Redis may take.
    pub(super) timeout: Duration,
    pub(super) every: Duration,
    pub(super) dead_after: Duration,
    /// How many nodes there are at least.
    pub(super) expected: usize,
}

/// What a node knows of the cluster when that has answered.
#[derive(Debug)]
pub(crate) struct Beat {
    /// The others may have counted this node as dead until now.
    pub(crate) was_dead: bool,
    /// The nodes, by how long each has said nothing. None when Redis was away until lately: it does not
    /// know yet who lives.
    pub(crate) silent: Option<HashMap<String, Duration>>,
}

/// Who is told of it.
pub(super) struct Tell {
    pub(super) died: mpsc::UnboundedSender<Notice>,
    pub(super) beat: mpsc::Sender<Beat>,
}

/// Whether Redis answers, as of the last beat.
#[derive(Clone, Default)]
pub(super) struct Pulse {
    is_lost: Arc<AtomicBool>,
    seen: Arc<Mutex<Option<Seen>>>,
    stopped: CancellationToken,
}

impl Pulse {
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// What was seen of the cluster, unless Redis does not answer.
    pub(super) fn seen(&self) -> Option<Seen> {
        let seen = self.seen.lock().clone();
        seen.filter(|_| !self.is_lost())
    }

    /// Beats until it is stopped, and tells what it learns.
    pub(super) async fn beat(self, connection: ConnectionManager, settings: Settings, tell: Tell) {
        let mut census = Census::new(settings.expected, settings.dead_after);
        let mut beating = Beating {
            connection,
            script: Script::new(include_str!("pulse.lua")),
            settings,
            id: None,
            dead: None,
            last: Instant::now(),
            answers_since: None,
            silent: HashMap::new(),
            was_dead: false,
        };
        let mut ticks = interval(beating.settings.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let beats = async {
            loop {
                ticks.tick().await;
                match beating.beat().await {
                    Ok((seen, died)) => {
                        census.note(&seen);
                        *self.seen.lock() = Some(seen);
                        if self.is_lost.swap(false, Ordering::Relaxed) {
                            tracing::info!("the cluster answers again");
                        }
                        for node in died {
                            observe::cluster_node_died();
                            let _ = tell.died.send(Notice::NodeDied(node.into()));
                        }
                        if let Ok(place) = tell.beat.try_reserve() {
                            place.send(beating.take_beat());
                        }
                    }
                    Err(error) => {
                        beating.answers_since = None;
                        if !self.is_lost.swap(true, Ordering::Relaxed) {
                            tracing::warn!(%error, "the cluster does not answer");
                        }
                    }
                }
            }
        };
        tokio::select! {
            () = self.stopped.cancelled() => {}
            () = beats => {}
        }
    }

    pub(super) fn stop(&self) {
        self.stopped.cancel();
    }
}

struct Beating {
    connection: ConnectionManager,
    script: Script,
    settings: Settings,
    /// The id of the cluster, once it is known.
    id: Option<String>,
    /// The nodes known to be dead; not known at first.
    dead: Option<HashSet<String>>,
    /// When Redis last answered.
    last: Instant,
    /// Since when it has answered each time.
    answers_since: Option<Instant>,
    /// For how long each node had said nothing then.
    silent: HashMap<String, Duration>,
    /// Whether this node has counted as dead, and nobody has been told so yet.
    was_dead: bool,
}

impl Beating {
    /// Gives what is seen of the cluster, and the nodes that have died since the last beat.
    async fn beat(&mut self) -> RedisResult<(Seen, Vec<String>)> {
        let Settings {
            node,
            prefix,
            timeout: patience,
            dead_after,
            ..
        } = &self.settings;
        let mut script = self.script.prepare_invoke();
        script
            .key(nodes_key(prefix))
            .key(format!("{prefix}cluster"))
            .arg(node)
            .arg(milliseconds(*dead_after * FORGOTTEN_AFTER))
            .arg(Uuid::new_v4().to_string());
        let run = script.invoke_async(&mut self.connection);
        let answered = timeout(*patience, run).await;
        let (id, before, silent): (String, i64, HashMap<String, u64>) = answered
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))?;
        let is_another = self.id.as_ref().is_some_and(|known| *known != id);
        if is_another {
            tracing::error!("the Redis of the cluster has lost its data, or is another one");
        }
        self.id = Some(id.clone());
        let silent = silent.into_iter();
        self.silent = silent
            .map(|(node, ms)| (node, Duration::from_millis(ms)))
            .collect();
        let before = u64::try_from(before).ok();
        self.was_dead |= before.is_none_or(|ms| ms >= milliseconds(*dead_after));
        // Those that were dead before it came have cost it nothing. When Redis was away for long, it does
        // not know yet who lives, and all have missed something anyway.
        let was_away = self.last.elapsed() >= self.settings.dead_after;
        if was_away || is_another {
            self.answers_since = None;
        }
        self.answers_since.get_or_insert_with(Instant::now);
        let dead = self.silent.iter();
        let dead = dead.filter(|(_, silent)| **silent >= self.settings.dead_after);
        let dead: HashSet<String> = dead.map(|(node, _)| node.clone()).collect();
        let known = self.dead.as_ref().filter(|_| !was_away);
        let died = known.map_or_else(Vec::new, |known| dead.difference(known).cloned().collect());
        let nodes = self.silent.len() - dead.len();
        self.dead = Some(dead);
        self.last = Instant::now();
        let seen = Seen { cluster: id, nodes };
        Ok((seen, died))
    }

    /// What is to be told of the last beat.
    fn take_beat(&mut self) -> Beat {
        let dead_after = self.settings.dead_after;
        let since = self.answers_since;
        let is_known = since.is_some_and(|since| since.elapsed() >= dead_after);
        Beat {
            was_dead: mem::take(&mut self.was_dead),
            silent: Some(mem::take(&mut self.silent)).filter(|_| is_known),
        }
    }
}

/// Where it is kept when each node was last heard of.
pub(super) fn nodes_key(prefix: &str) -> String {
    format!("{prefix}nodes")
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

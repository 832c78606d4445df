//! How many nodes this one sees in its Redis, and whether there should be more of them.

use std::time::Duration;

use tokio::time::Instant;

use crate::{cluster::Seen, observe};

/// For how many times the time that makes a node dead some may be missing: one that is replaced in its
/// place is back by then.
const PATIENCE: u32 = 6;

pub(super) struct Census {
    /// How many there are at least.
    expected: usize,
    patience: Duration,
    last: Option<Seen>,
    missing_since: Option<Instant>,
    has_told: bool,
}

impl Census {
    pub(super) fn new(expected: usize, dead_after: Duration) -> Self {
        Self {
            expected,
            patience: dead_after * PATIENCE,
            last: None,
            missing_since: None,
            has_told: false,
        }
    }

    /// Notes what is seen now, and tells the operator of what has changed. Gives whether nodes have been
    /// missing for too long.
    pub(super) fn note(&mut self, seen: &Seen) -> bool {
        observe::cluster_nodes(seen.nodes);
        let Seen { cluster, nodes } = seen;
        if self.last.as_ref() != Some(seen) {
            tracing::info!(%cluster, nodes, "the nodes of the cluster, this one among them");
            self.last = Some(seen.clone());
        }
        if seen.nodes >= self.expected {
            self.missing_since = None;
            if std::mem::take(&mut self.has_told) {
                tracing::info!(%cluster, nodes, "no node of the cluster is missing any more");
            }
            return false;
        }
        let since = *self.missing_since.get_or_insert_with(Instant::now);
        let are_missing = since.elapsed() >= self.patience;
        if are_missing && !std::mem::replace(&mut self.has_told, true) {
            let expected = self.expected;
            tracing::error!(%cluster, nodes, expected, "nodes of the cluster are missing: are all on one Redis?");
        }
        are_missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nodes_are_missed_when_fewer_are_seen_for_longer_than_one_takes_to_be_replaced() {
        let dead_after = Duration::from_secs(5);
        let mut census = Census::new(2, dead_after);
        let seen = |nodes| Seen {
            cluster: "a".into(),
            nodes,
        };
        assert!(!census.note(&seen(1)));
        tokio::time::advance(dead_after * (PATIENCE - 1)).await;
        assert!(!census.note(&seen(1)));
        assert!(!census.note(&seen(2)));
        tokio::time::advance(dead_after).await;
        assert!(!census.note(&seen(1)));
        tokio::time::advance(dead_after * PATIENCE).await;
        assert!(census.note(&seen(1)));
        assert!(census.note(&seen(1)));
        assert!(!census.note(&seen(3)));
    }
}

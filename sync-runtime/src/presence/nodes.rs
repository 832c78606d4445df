//! Which of the nodes that have users in watched rooms are gone.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::{PresenceBounds, elsewhere::NodeId};

/// When each was last heard, and since when it is not among the nodes of the cluster, if it is not.
#[derive(Default)]
pub(super) struct Nodes(HashMap<NodeId, Node>);

struct Node {
    heard: Instant,
    absent: Option<Instant>,
}

impl Nodes {
    /// A node has said something.
    pub(super) fn hear(&mut self, node: &str) {
        let heard = Instant::now();
        match self.0.get_mut(node) {
            Some(node) => node.heard = heard,
            None => drop(self.0.insert(
                node.into(),
                Node {
                    heard,
                    absent: None,
                },
            )),
        }
    }

    /// Takes for how long each node of the cluster has said nothing, and gives those that are gone.
    ///
    /// Their users have lost their connections and may be back elsewhere, so they have their grace: from
    /// the last that was heard of a node that has died, from when it was missed if it went in good order.
    pub(super) fn gone(
        &mut self,
        silent: &HashMap<String, Duration>,
        bounds: PresenceBounds,
    ) -> Vec<NodeId> {
        let now = Instant::now();
        let gone = self.0.extract_if(|id, node| match silent.get(&**id) {
            Some(silent) if *silent < bounds.dead_after => {
                node.absent = None;
                false
            }
            Some(silent) => {
                // It may have lived on until it was about to say so again.
                let grace = (bounds.grace + bounds.alive_every).max(bounds.dead_after);
                *silent >= grace && now - node.heard >= grace
            }
            None => {
                let absent = *node.absent.get_or_insert(now);
                now - absent.max(node.heard) >= bounds.grace
            }
        });
        gone.map(|(id, _)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: PresenceBounds = PresenceBounds {
        grace: Duration::from_secs(3),
        users: 10,
        alive_every: Duration::from_secs(1),
        dead_after: Duration::from_secs(5),
    };

    fn gone(nodes: &mut Nodes, silent: Option<u64>) -> usize {
        let silent = silent.map(|seconds| ("node".into(), Duration::from_secs(seconds)));
        nodes.gone(&silent.into_iter().collect(), BOUNDS).len()
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_has_died_is_gone_when_that_is_known_and_the_grace_is_over() {
        let mut nodes = Nodes::default();
        nodes.hear("node");
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(gone(&mut nodes, Some(4)), 0);
        assert_eq!(gone(&mut nodes, Some(5)), 1);
        assert_eq!(gone(&mut nodes, Some(6)), 0, "it is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_went_in_good_order_is_gone_after_the_grace() {
        let mut nodes = Nodes::default();
        nodes.hear("node");
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(gone(&mut nodes, None), 0);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(gone(&mut nodes, None), 0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(gone(&mut nodes, None), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_speaks_again_is_not_taken_for_gone_by_what_was_known_before() {
        let mut nodes = Nodes::default();
        nodes.hear("node");
        tokio::time::advance(Duration::from_secs(20)).await;
        nodes.hear("node");
        assert_eq!(gone(&mut nodes, Some(20)), 0);
        assert_eq!(gone(&mut nodes, None), 0);
        assert_eq!(gone(&mut nodes, Some(0)), 0);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(gone(&mut nodes, None), 0, "it is missed from now on");
    }
}

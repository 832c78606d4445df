//! The metrics of a node among others.

use metrics::{Unit, counter, gauge};

const PUBLISHED: &str = "sync_cluster_published_total";
const RECEIVED: &str = "sync_cluster_received_total";
const LOST: &str = "sync_cluster_lost_total";
const INTERRUPTIONS: &str = "sync_cluster_interruptions_total";
const DEAD_NODES: &str = "sync_cluster_dead_nodes_total";
const NOT_UNDERSTOOD: &str = "sync_cluster_not_understood_total";
const NODES: &str = "sync_cluster_nodes";
const PRESENCE_DOUBTS: &str = "sync_cluster_presence_doubts_total";

pub(super) fn describe() {
    let described = [
        (PUBLISHED, "Messages to other nodes that Redis took."),
        (RECEIVED, "Messages of other nodes that were heard."),
        (
            LOST,
            "Messages to other nodes that Redis did not take, or not for certain.",
        ),
        (
            INTERRUPTIONS,
            "Times that messages of other nodes may have been missed.",
        ),
        (DEAD_NODES, "Other nodes that were found dead."),
        (
            NOT_UNDERSTOOD,
            "Messages of other nodes that this version of the app does not understand.",
        ),
        (
            PRESENCE_DOUBTS,
            "Times that something may have been missed of who is in a watched room elsewhere.",
        ),
    ];
    for (name, text) in described {
        metrics::describe_counter!(name, Unit::Count, text);
    }
    let text = "Nodes that this one sees in its Redis, itself among them.";
    metrics::describe_gauge!(NODES, Unit::Count, text);
}

/// Counts messages to other nodes that Redis took.
pub(crate) fn cluster_published(count: usize) {
    counter!(PUBLISHED).increment(count as u64);
}

/// Counts a message of another node.
pub(crate) fn cluster_received() {
    counter!(RECEIVED).increment(1);
}

/// Counts a message to other nodes that they may never hear.
pub(crate) fn cluster_lost() {
    counter!(LOST).increment(1);
}

/// Counts a time in which other nodes were not heard.
pub(crate) fn cluster_interrupted() {
    counter!(INTERRUPTIONS).increment(1);
}

/// Counts another node that has died.
pub(crate) fn cluster_node_died() {
    counter!(DEAD_NODES).increment(1);
}

/// Counts a message of another node that means nothing here.
pub(crate) fn cluster_not_understood() {
    counter!(NOT_UNDERSTOOD).increment(1);
}

/// Notes how many nodes are seen.
pub(crate) fn cluster_nodes(nodes: usize) {
    // Far from where a float is not exact.
    gauge!(NODES).set(u32::try_from(nodes).unwrap_or(u32::MAX));
}

/// Counts a room of which it is in doubt who is in it on other nodes. They are asked.
pub(crate) fn presence_doubted() {
    counter!(PRESENCE_DOUBTS).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_lists_every_metric_of_a_cluster() {
        let guide = include_str!("guide.md");
        for name in [
            PUBLISHED,
            RECEIVED,
            LOST,
            INTERRUPTIONS,
            DEAD_NODES,
            NOT_UNDERSTOOD,
            NODES,
            PRESENCE_DOUBTS,
        ] {
            assert!(guide.contains(&format!("\n| `{name}` |")), "{name}");
        }
    }
}

//! The metrics of a node among others.

use metrics::{counter, gauge};

use super::table::table;

table! {
    PUBLISHED: Counter of Count = "sync_cluster_published_total",
        "Messages to other nodes that Redis took.";
    RECEIVED: Counter of Count = "sync_cluster_received_total",
        "Messages of other nodes that were heard.";
    LOST: Counter of Count = "sync_cluster_lost_total",
        "Messages to other nodes that Redis did not take, or not for certain.";
    INTERRUPTIONS: Counter of Count = "sync_cluster_interruptions_total",
        "Times that messages of other nodes may have been missed.";
    DEAD_NODES: Counter of Count = "sync_cluster_dead_nodes_total",
        "Other nodes that were found dead.";
    NOT_UNDERSTOOD: Counter of Count = "sync_cluster_not_understood_total",
        "Messages of other nodes that this version of the app does not understand.";
    NODES: Gauge of Count = "sync_cluster_nodes",
        "Nodes that this one sees in its Redis, itself among them.";
    PRESENCE_DOUBTS: Counter of Count = "sync_cluster_presence_doubts_total",
        "Times that something may have been missed of who is in a watched room elsewhere.";
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

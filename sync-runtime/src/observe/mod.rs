#![doc = include_str!("guide.md")]

#[cfg(feature = "redis")]
mod cluster;
mod metric;
mod request;
mod table;

#[cfg(feature = "redis")]
pub(crate) use self::cluster::{
    cluster_interrupted, cluster_lost, cluster_node_died, cluster_nodes, cluster_not_understood,
    cluster_published, cluster_received, presence_doubted,
};
#[cfg(feature = "redis")]
pub(crate) use self::metric::{foreign_offset, rate_limited_alone, request_doubled};
pub(crate) use self::{
    metric::{
        OpenConnection, RouteMetrics, answer_forgotten, evicted, gap, history_forgotten,
        queue_refused, repeated, resumed, stream_hook_missed, unsent,
    },
    request::{fanned_out, handled, observe, published, refused},
    table::describe,
};

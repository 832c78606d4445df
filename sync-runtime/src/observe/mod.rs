#![doc = include_str!("guide.md")]

mod metric;
mod request;

#[cfg(feature = "redis")]
pub(crate) use self::metric::rate_limited_alone;
pub(crate) use self::{
    metric::{
        OpenConnection, RouteMetrics, answer_forgotten, describe, evicted, history_forgotten,
        history_lost, queue_refused, repeated, resumed, stream_hook_missed, unsent,
    },
    request::{fanned_out, handled, observe, refused},
};

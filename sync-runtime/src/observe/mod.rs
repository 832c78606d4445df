#![doc = include_str!("guide.md")]

mod metric;
mod request;

pub(crate) use self::{
    metric::{OpenConnection, RouteMetrics, describe, queue_refused},
    request::{fanned_out, handled, observe, refused},
};

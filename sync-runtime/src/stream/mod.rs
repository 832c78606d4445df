//! What a request sends while it runs: its streams, from the handler's side.
//!
//! A primitive ([`Stream`], [`Broadcast`], [`StreamTo`]) is a payload type, the request's [`Gate`] and an
//! [`Outlet`]. The gate is open while the handler runs; the outlet knows nothing of handlers and
//! takes a payload to where it goes.

mod forward;
mod gate;
mod outlet;
mod payload;
mod primitives;
mod throttle;

pub use self::{
    forward::{ThrottleText, Throttled},
    payload::{Chunk, StreamPayload},
    primitives::{Broadcast, Cancel, FlushPressure, Stream, StreamTo, Targets},
    throttle::{StreamSink, StreamThrottle},
};
pub(crate) use self::{
    gate::{Gate, Note, Passed},
    outlet::{Addressed, Audience, Chosen, Outlet, Streams},
};

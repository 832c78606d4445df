//! How packets come in and answers go out.

pub(crate) mod door;
mod event;
mod frames;
pub(crate) mod http;
mod line;
mod origin;
mod room_events;
mod session_end;
pub(crate) mod socket;
mod sync_event;

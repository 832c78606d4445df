//! How packets come in and answers go out.

mod event;
pub(crate) mod http;
mod origin;
mod room_events;
mod session_end;
pub(crate) mod socket;
mod sync_event;

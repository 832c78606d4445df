//! How packets come in and answers go out.

mod event;
mod room_events;
pub(crate) mod socket;
mod sync_event;

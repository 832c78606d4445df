//! How packets come in and answers go out.

mod caller;
pub(crate) mod engine_io;
mod event;
#[cfg(feature = "_fuzzing")]
pub(crate) mod fuzzing;
pub(crate) mod http;
mod origin;
mod presence_events;
mod resume_event;
mod room_events;
mod session_end;
pub(crate) mod socket;
mod sse;
mod sync_event;

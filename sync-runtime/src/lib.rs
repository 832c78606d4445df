//! Typed, authorised, room-based realtime events for axum.

pub mod typescript;

//! Empty on purpose: the work is in `build.rs`, which cargo runs again when the app has changed.

//! Tools for tests that build whole apps the way their developers do.

pub mod app;
pub mod guide;

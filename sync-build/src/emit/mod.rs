//! Emitters: text from the route model, and nothing else.

mod rust;

pub use rust::{RustNames, rust};

//! A `_server` file with a type that its `_client` file names.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Only the `_server` file uses it.
#[derive(Serialize, Deserialize, TS)]
pub struct Row {
    pub title: String,
}

/// The `_client` file uses it.
#[derive(Serialize, Deserialize, TS)]
pub struct Summary {
    pub parts: Vec<SummaryPart>,
}

/// The `_client` file uses it through `Summary`.
#[derive(Serialize, Deserialize, TS)]
pub struct SummaryPart {
    pub count: u32,
}

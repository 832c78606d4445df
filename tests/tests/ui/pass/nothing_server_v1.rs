//! The least that a server file holds.

use sync_runtime::prelude::*;

#[sync_handler(auth = none, rate_limit = off)]
pub async fn main() {}

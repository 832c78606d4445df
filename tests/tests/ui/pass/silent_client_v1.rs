//! The least that a `_client` file holds.

use sync_runtime::prelude::*;

#[sync_handler]
pub async fn main() {}

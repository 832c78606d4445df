//! Nobody but the page that asked hears the end of an answer from it: each page follows for itself.

use sync_runtime::prelude::*;

#[derive(Serialize, TS)]
pub struct Nothing {}

#[sync_handler]
pub async fn main() -> Deliver<Nothing> {
    Deliver::Skip
}

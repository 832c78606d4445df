#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login)]
pub async fn main() -> impl Serialize {
    7
}

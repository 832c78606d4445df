#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login)]
pub async fn main() {
    let count: u32 = "many";
    drop(count);
}

#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

#[sync_handler]
pub async fn main() {
    let count: u32 = "many";
    drop(count);
}

#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

#[sync_handler]
pub async fn main(name: String) {
    drop(name);
}

#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

#[sync_handler(auth = login(is_owner))]
pub async fn main() {}

fn is_owner() -> Result<(), std::io::Error> {
    Ok(())
}

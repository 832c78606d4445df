#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

pub struct Customer;

#[sync_handler(auth = login)]
pub async fn main(user: Session<Customer>) {
    drop(user);
}

#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

pub struct Customer;

#[sync_handler(auth = none)]
pub async fn main(user: Option<Session<Customer>>) {
    drop(user);
}

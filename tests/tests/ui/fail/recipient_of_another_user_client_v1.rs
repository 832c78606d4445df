#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

pub struct Customer;

#[sync_handler]
pub async fn main(recipient: Recipient<Customer>) {
    drop(recipient);
}

#![no_main]
include!("../app/server_file.rs");

use crate::app::User;
use sync_runtime::prelude::*;

#[sync_handler(auth = login)]
pub async fn main(recipient: Recipient<User>) {
    drop(recipient);
}

#![no_main]
include!("../app/server_file.rs");

use crate::app::User;
use sync_runtime::prelude::*;

#[sync_handler(auth = none)]
pub async fn main(user: Session<User>) {
    drop(user);
}

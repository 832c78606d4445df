#![no_main]
include!("../app/client_file.rs");

use crate::app::User;
use sync_runtime::prelude::*;

#[sync_handler]
pub async fn main(user: Session<User>) {
    drop(user);
}

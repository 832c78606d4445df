#![no_main]
include!("../app/server_file.rs");

use sync_runtime::prelude::*;

pub struct Mailer;

#[sync_handler(auth = login)]
pub async fn main(State(mailer): State<Mailer>) {
    drop(mailer);
}

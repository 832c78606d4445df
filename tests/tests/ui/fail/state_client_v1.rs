#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

pub struct Mailer;

#[sync_handler]
pub async fn main(State(mailer): State<Mailer>) {
    drop(mailer);
}

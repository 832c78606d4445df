#![no_main]
include!("../app/client_file.rs");

use std::rc::Rc;
use sync_runtime::prelude::*;

#[sync_handler]
pub async fn main() {
    let count = Rc::new(1);
    std::future::ready(()).await;
    drop(count);
}

#![no_main]
include!("../app/client_file.rs");

use sync_runtime::prelude::*;

#[derive(Serialize)]
pub struct Translated {
    text: String,
}

#[sync_handler]
pub async fn main(translation: Stream<Translated>) {
    drop(translation);
}

#![no_main]
include!("../app/no_handler.rs");

use sync_runtime::prelude::*;

#[derive(Deserialize, TS)]
pub struct MoveCard {}

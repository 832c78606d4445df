#![no_main]
include!("../app/server_file.rs");

use sync_runtime::{Hooked, prelude::*};

pub struct TenantId(u32);

#[sync_handler(auth = login)]
pub async fn main(Hooked(tenant): Hooked<TenantId>) {
    drop(tenant.0);
}

//! A `_client` file.

use serde::Serialize;
use ts_rs::TS;

use crate::board_list_server_v2::Summary;

#[derive(Serialize, TS)]
pub struct ForRecipient {
    pub summary: Summary,
}

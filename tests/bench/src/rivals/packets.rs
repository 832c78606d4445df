//! The packets of the benchmarks, for servers that know no routes.

use serde::{Deserialize, Serialize};

use crate::bench_echo_server_v1::Echo;

#[derive(Deserialize)]
pub(super) struct Greeting {
    pub(super) token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JoinRoom {
    pub(super) group: String,
    pub(super) response_index: u64,
}

#[derive(Serialize)]
pub(super) struct Joined {
    pub(super) rooms: [String; 1],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) cb: String,
    pub(super) data: Echo,
    pub(super) receiver: String,
    pub(super) response_index: u64,
}

#[derive(Serialize)]
pub(super) struct Answer<'a> {
    pub(super) status: &'static str,
    pub(super) message: &'a str,
    pub(super) result: &'a Success,
}

#[derive(Serialize)]
pub(super) struct Success {
    pub(super) status: &'static str,
    #[serde(flatten)]
    pub(super) data: Echo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delivery<'a, C> {
    pub(super) cb: &'a str,
    pub(super) full_name: &'a str,
    pub(super) status: &'static str,
    pub(super) message: &'a str,
    pub(super) server_output: &'a Success,
    pub(super) client_output: C,
}

#[derive(Serialize)]
pub(super) struct Nothing {}

#[derive(Serialize)]
pub(super) struct Mine<'a> {
    pub(super) status: &'static str,
    pub(super) seq: u64,
    pub(super) me: &'a str,
}

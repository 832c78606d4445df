//! What is sent to clients, field by field as the wire contract names it.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{error::ErrorEnvelope, room::RoomCode};

/// The answer to a request that succeeded.
#[derive(Serialize)]
pub(crate) struct SuccessAnswer<'a> {
    pub(crate) status: &'static str,
    pub(crate) message: &'a str,
    pub(crate) result: &'a RawValue,
}

/// A delivery to a recipient.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery<'a> {
    pub(crate) cb: &'a str,
    pub(crate) full_name: &'a str,
    pub(crate) status: &'static str,
    pub(crate) message: &'a str,
    pub(crate) server_output: &'a RawValue,
    pub(crate) client_output: ClientOutput<'a>,
}

/// What a recipient's `_client` file gave, or the empty object where there is none.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum ClientOutput<'a> {
    None {},
    Some(&'a RawValue),
}

/// What a recipient hears instead of a delivery when its `_client` file failed or refused.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailedDelivery<'a> {
    pub(crate) cb: &'a str,
    pub(crate) full_name: &'a str,
    #[serde(flatten)]
    pub(crate) error: ErrorEnvelope<'a>,
}

/// The first progress of a request: what it can be cancelled by.
#[derive(Serialize)]
pub(crate) struct CancelHandshake<'a> {
    #[serde(rename = "__cancelId")]
    pub(crate) cancel_id: &'a str,
}

/// The answer to a room operation.
#[derive(Serialize)]
pub(crate) struct JoinedRooms {
    pub(crate) rooms: Vec<RoomCode>,
}

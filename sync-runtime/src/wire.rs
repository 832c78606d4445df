//! What is sent to clients, field by field as the wire contract names it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{error::ErrorEnvelope, history::Offset, replay::Mark, room::RoomCode};

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
    /// Where it is in the order of its room, if it is recorded; as is the offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<&'a RoomCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<&'a Offset>,
}

/// A stream's payload as a delivery: the payload's fields, and ours behind them, where they count in case
/// it has fields of these names itself.
pub(crate) fn stream_frame(
    payload: &RawValue,
    full_name: &str,
    mark: Option<Mark>,
) -> Box<RawValue> {
    let fields = payload.get().strip_suffix('}').unwrap_or_default();
    let comma = if fields == "{" { "" } else { "," };
    let mark = mark.map_or_else(String::new, |mark| format!(r#","__stream":{mark}"#));
    // A route's name holds nothing that JSON would escape.
    let frame = format!(
        r#"{fields}{comma}"cb":"{full_name}","fullName":"{full_name}","status":"stream"{mark}}}"#
    );
    RawValue::from_string(frame).unwrap_or_else(|_| RawValue::NULL.to_owned())
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<&'a RoomCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<&'a Offset>,
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
    /// From where rooms can be resumed, in an app with history: the one that was joined, or all that are
    /// listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offsets: Option<BTreeMap<RoomCode, Offset>>,
}

//! What is sent to clients, field by field as the wire contract names it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{error::ErrorEnvelope, history::Offset, replay::Mark, room::RoomCode};

/// The event of deliveries.
pub(crate) const DELIVERIES: &str = "sync";

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
    /// What a recipient without a part of its own hears: see [`Shared`].
    pub(crate) client_output: Nothing,
    /// Where it is in the order of its room, if it is recorded; as is the offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<&'a RoomCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<&'a Offset>,
}

/// A delivery in which only the recipient's own part is missing: what all recipients share is written
/// once for all of them.
pub(crate) struct Shared {
    before: String,
    after: String,
}

impl Shared {
    /// What a recipient without a part of its own has in its place.
    pub(crate) const NOTHING: &str = "{}";

    pub(crate) fn of(delivery: &Delivery<'_>) -> Result<Self, serde_json::Error> {
        const FIELD: &str = r#""clientOutput":"#;
        let mut before = serde_json::to_string(delivery)?;
        // The last one is the field: what is behind it are texts, in which quotes are escaped.
        let field = before.rfind(&[FIELD, Self::NOTHING].concat());
        let mut after = before.split_off(field.unwrap_or_default() + FIELD.len());
        after.drain(..Self::NOTHING.len());
        Ok(Self { before, after })
    }

    /// The delivery with the recipient's part, which is JSON, in pieces.
    pub(crate) fn with<'a>(&'a self, own: &'a str) -> [&'a str; 3] {
        [&self.before, own, &self.after]
    }
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

/// `{}`
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Nothing {}

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

#[cfg(test)]
mod tests {
    use serde_json::{Value, value::to_raw_value};

    use super::*;

    #[test]
    fn a_shared_delivery_is_the_same_as_one_written_for_its_recipient()
    -> Result<(), serde_json::Error> {
        // Names and outputs that look like the place that is looked for.
        let tricky = r#""clientOutput":{}"#;
        let room = RoomCode::parse(tricky).ok();
        let output = to_raw_value(&serde_json::json!({ "clientOutput": {}, "text": tricky }))?;
        let own = serde_json::json!({ "seq": 7 });
        for room in [None, room.as_ref()] {
            let delivery = Delivery {
                cb: "sync/a/b/v1",
                full_name: "sync/a/b/v1",
                status: "success",
                message: tricky,
                server_output: &output,
                client_output: Nothing {},
                room,
                offset: None,
            };
            let shared = Shared::of(&delivery)?;
            let mut expected = serde_json::to_value(&delivery)?;
            let written = |part| serde_json::from_str::<Value>(&shared.with(part).concat());
            assert_eq!(written(Shared::NOTHING)?, expected);
            expected["clientOutput"] = own.clone();
            assert_eq!(written(&own.to_string())?, expected);
        }
        Ok(())
    }
}

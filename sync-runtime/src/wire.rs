//! What is sent to clients, field by field as the wire contract names it.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    error::ErrorEnvelope,
    handler::output::OwnJson,
    history::Offset,
    packet::{Around, Packet},
    replay::Mark,
    room::RoomCode,
};

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
pub(crate) struct Shared(Arc<Around>);

impl Shared {
    /// What a recipient without a part of its own has in its place.
    const NOTHING: &str = "{}";

    pub(crate) fn of(delivery: &Delivery<'_>) -> Result<Self, serde_json::Error> {
        const FIELD: &str = r#""clientOutput":"#;
        let text = serde_json::to_string(delivery)?;
        // The last one is the field: what is behind it are texts, in which quotes are escaped.
        let field = text.rfind(&[FIELD, Self::NOTHING].concat());
        let (before, after) = text.split_at(field.unwrap_or_default() + FIELD.len());
        let after = &after[Self::NOTHING.len()..];
        Ok(Self(Arc::new(Around::event(DELIVERIES, before, after))))
    }

    /// The delivery with what is a recipient's own.
    pub(crate) fn with(&self, own: Option<OwnJson>) -> Packet {
        let own = own.map_or_else(|| Self::NOTHING.into(), OwnJson::into_bytes);
        self.0.with(own)
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
    use serde_json::{Value, json, value::to_raw_value};

    use super::*;

    #[test]
    fn a_shared_delivery_is_the_same_as_one_written_for_its_recipient()
    -> Result<(), serde_json::Error> {
        // Names and outputs that look like the place that is looked for.
        let tricky = r#""clientOutput":{}"#;
        let room = RoomCode::parse(tricky).ok();
        let output = to_raw_value(&json!({ "clientOutput": {}, "text": tricky }))?;
        let own = json!({ "status": "success", "seq": 7 });
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
            let written = |own| serde_json::from_str::<Value>(&shared.with(own).json());
            assert_eq!(written(None)?, json!([DELIVERIES, expected]));
            expected["clientOutput"] = own.clone();
            let own = OwnJson::encode(&json!({ "seq": 7 }))?;
            assert_eq!(written(Some(own))?, json!([DELIVERIES, expected]));
        }
        Ok(())
    }
}

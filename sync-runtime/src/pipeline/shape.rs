//! The first stage: whether a packet is a request at all.

use std::{sync::Arc, time::Instant};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    error::Refusal,
    repeats::{MadeAs, RequestId},
};

/// A packet's fields, each still as it came.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Packet<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cb: Option<&'a RawValue>,
    #[serde(borrow, default)]
    receiver: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ignore_self: Option<&'a RawValue>,
    #[serde(borrow, default)]
    request_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    repeat: Option<&'a RawValue>,
    #[serde(borrow, default)]
    user: Option<&'a RawValue>,
}

/// A request whose name is text and whose data is an object.
pub(crate) struct Shaped {
    pub(super) name: Arc<str>,
    pub(super) data: Arc<RawValue>,
    pub(super) has_callback: bool,
    /// Empty where the packet names none.
    pub(super) receiver: Arc<str>,
    pub(super) ignore_self: bool,
    pub(super) made_as: Option<MadeAs>,
    /// The id of the user that it was made for, where the packet says.
    pub(super) user: Option<Arc<str>>,
    arrived: Instant,
}

/// Reads a packet's JSON as a request.
pub(crate) fn shape(packet: &str) -> Result<Shaped, Refusal> {
    let packet = read(packet)?;
    let name = packet.name.and_then(text);
    packed(name.map(Arc::from), &packet)
}

/// Reads the JSON of a request whose name came another way; one inside it does not count.
pub(crate) fn shape_named(name: &str, packet: &str) -> Result<Shaped, Refusal> {
    packed(Some(name.into()), &read(packet)?)
}

fn read(packet: &str) -> Result<Packet<'_>, Refusal> {
    // serde reads a struct from an array too.
    if !is_object(packet) {
        return Err(Refusal::InvalidRequest);
    }
    serde_json::from_str(packet).map_err(|_| Refusal::InvalidRequest)
}

fn packed(name: Option<Arc<str>>, packet: &Packet<'_>) -> Result<Shaped, Refusal> {
    let data = packet.data.filter(|data| is_object(data.get()));
    let (Some(name), Some(data)) = (name, data) else {
        return Err(Refusal::InvalidRequest);
    };
    let is_repeat = flag(packet.repeat)?;
    let made_as = match packet.request_id {
        None => None,
        Some(id) => {
            let id = text(id).and_then(|id| RequestId::parse(&id));
            let id = id.ok_or(Refusal::InvalidRequest)?;
            Some(MadeAs { id, is_repeat })
        }
    };
    let user = packet
        .user
        .map(|user| text(user).ok_or(Refusal::InvalidRequest))
        .transpose()?;
    Ok(Shaped {
        name,
        data: data.to_owned().into(),
        has_callback: packet.cb.and_then(text).is_some(),
        receiver: packet.receiver.and_then(text).unwrap_or_default().into(),
        ignore_self: flag(packet.ignore_self)?,
        made_as,
        user: user.map(Arc::from),
        arrived: Instant::now(),
    })
}

impl Shaped {
    /// When the request came in; it may have waited for its turn since.
    pub(crate) fn arrived(&self) -> Instant {
        self.arrived
    }

    /// The room in whose order the request runs, as the client wrote it.
    pub(crate) fn lane(&self) -> Arc<str> {
        self.receiver.clone()
    }

    /// The name as the client wrote it.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }
}

/// Off where there is none.
fn flag(json: Option<&RawValue>) -> Result<bool, Refusal> {
    json.map_or(Ok(false), |json| {
        serde_json::from_str(json.get()).map_err(|_| Refusal::InvalidRequest)
    })
}

fn is_object(json: &str) -> bool {
    json.trim_start().starts_with('{')
}

fn text(json: &RawValue) -> Option<String> {
    serde_json::from_str(json.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_request_is_refused() {
        for packet in [
            "null",
            "7",
            "\"text\"",
            "true",
            "[]",
            "{}",
            r#"[{"name":"a","data":{}}]"#,
            r#"["a", {}, "cb"]"#,
            r#"{"name":"a"}"#,
            r#"{"data":{}}"#,
            r#"{"name":7,"data":{}}"#,
            r#"{"name":"a","data":[]}"#,
            r#"{"name":"a","data":null}"#,
            r#"{"name":"a","data":"x"}"#,
            r#"{"name":"a","data":{},"ignoreSelf":"yes"}"#,
            r#"{"name":"a","data":{},"repeat":1}"#,
            r#"{"name":"a","data":{},"requestId":7}"#,
            r#"{"name":"a","data":{},"user":7}"#,
            r#"{"name":"a","data":{},"requestId":""}"#,
            r#"{"name":"a","data":{},"requestId":"a b"}"#,
            r#"{"name":"a","name":"b","data":{}}"#,
            r#"{"name":"a","data":{}"#,
        ] {
            assert_eq!(
                shape(packet).err(),
                Some(Refusal::InvalidRequest),
                "{packet}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_passed_over_without_being_entered() {
        let deep = format!(
            r#"{{"name":"a","data":{{"x":{}{}}}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(shape(&deep).is_ok());
    }

    #[test]
    fn fields_that_are_not_known_are_passed_over() {
        let shaped = shape(r#"{"name":"a","data":{},"__proto__":{},"extra":[1]}"#);
        assert_eq!(shaped.map(|shaped| shaped.name), Ok("a".into()));
    }
}

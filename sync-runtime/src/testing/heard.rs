//! Deliveries as tests see them.

use serde_json::Value;

use super::error::Refused;

/// A delivery that a client heard.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// What the route's server file gave.
    pub server_output: Value,
    /// What its `_client` file gave for this client; `{}` where there is none.
    pub client_output: Value,
    /// The offset in the order of its room, of a route with `history`.
    pub offset: Option<String>,
}

impl Heard {
    pub(super) fn read(
        what: impl FnOnce() -> String,
        mut delivery: Value,
    ) -> Result<Self, Refused> {
        Refused::read(what, &delivery)?;
        Ok(Self {
            server_output: output(delivery["serverOutput"].take()),
            client_output: output(delivery["clientOutput"].take()),
            offset: delivery["offset"].as_str().map(Into::into),
        })
    }
}

/// An output without the envelope's field: no output has one of its own of this name.
pub(super) fn output(mut output: Value) -> Value {
    if let Value::Object(fields) = &mut output {
        fields.remove("status");
    }
    output
}

/// The payload of a stream without what makes it a delivery.
pub(super) fn payload(mut delivery: Value) -> Value {
    if let Value::Object(fields) = &mut delivery {
        for name in ["cb", "fullName", "status", "__stream"] {
            fields.remove(name);
        }
    }
    delivery
}

/// Whether a delivery is one of a stream.
pub(super) fn is_stream(delivery: &Value) -> bool {
    delivery["status"] == "stream"
}

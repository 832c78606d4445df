//! A handler's output as JSON.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// The status that the wire contract puts first into every output.
const PREFIX: &str = r#"{"status":"success""#;

#[derive(Serialize)]
struct Success<'a, T> {
    status: &'static str,
    #[serde(flatten)]
    output: &'a T,
}

/// A handler's output, encoded once: `{"status":"success", ...<output>}`.
#[derive(Debug, Clone)]
pub struct OutputJson(Box<RawValue>);

impl OutputJson {
    /// Encodes an output.
    ///
    /// # Errors
    /// When the value cannot be serialised, or as anything but an object or `null`: serde flattens
    /// only these.
    pub(crate) fn encode<T: Serialize>(output: &T) -> Result<Self, serde_json::Error> {
        let success = Success {
            status: "success",
            output,
        };
        to_raw_value(&success).map(Self)
    }

    /// An output that was encoded before, or `None` when it cannot have been.
    #[cfg(feature = "redis")]
    pub(crate) fn recorded(raw: &RawValue) -> Option<Self> {
        raw.get().starts_with(PREFIX).then(|| Self(raw.to_owned()))
    }

    /// The output with its status, as the answer carries it.
    pub(crate) fn raw(&self) -> &RawValue {
        &self.0
    }

    /// The output without the status, as the handler gave it.
    pub(crate) fn bare(&self) -> String {
        let rest = self.0.get().strip_prefix(PREFIX).unwrap_or_default();
        let fields = rest.strip_prefix(',').unwrap_or(rest);
        format!("{{{fields}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Moved {
        card: u32,
    }

    #[test]
    fn an_output_carries_its_status_first_and_is_found_again_without_it()
    -> Result<(), serde_json::Error> {
        let output = OutputJson::encode(&Moved { card: 7 })?;
        assert_eq!(output.raw().get(), r#"{"status":"success","card":7}"#);
        assert_eq!(output.bare(), r#"{"card":7}"#);
        Ok(())
    }

    #[test]
    fn an_empty_output_is_an_object() -> Result<(), serde_json::Error> {
        let output = OutputJson::encode(&())?;
        assert_eq!(output.raw().get(), r#"{"status":"success"}"#);
        assert_eq!(output.bare(), "{}");
        Ok(())
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(OutputJson::encode(&7).is_err());
        assert!(OutputJson::encode(&"text").is_err());
        assert!(OutputJson::encode(&[1, 2]).is_err());
    }
}

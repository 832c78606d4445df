//! A handler's output as JSON.

use serde::{Serialize, ser::Error};
use serde_json::value::RawValue;

/// The status that the wire contract puts first into every output.
const PREFIX: &str = r#"{"status":"success""#;

/// `{"status":"success", ...<output>}`
///
/// Not by `#[serde(flatten)]`: an output is written once for each recipient, and that costs three times as
/// much.
///
/// Of what is generic here there is one more for each output, so that is as little as can be.
fn with_status<T: Serialize>(output: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = beginning();
    match serde_json::to_writer(&mut text, output) {
        Ok(()) => ended(text),
        Err(error) => Err(error),
    }
}

fn beginning() -> Vec<u8> {
    let mut text = Vec::with_capacity(64);
    text.extend_from_slice(PREFIX.as_bytes());
    text
}

fn ended(mut text: Vec<u8>) -> Result<Vec<u8>, serde_json::Error> {
    match &text[PREFIX.len()..] {
        b"{}" | b"null" => {
            text.truncate(PREFIX.len());
            text.push(b'}');
        }
        [b'{', ..] => text[PREFIX.len()] = b',',
        _ => return Err(Error::custom("it is written as something else")),
    }
    Ok(text)
}

/// What a `_client` file gave for one recipient, encoded: `{"status":"success", ...<output>}`.
#[derive(Debug)]
pub struct OwnJson(Vec<u8>);

impl OwnJson {
    /// Encodes an output.
    ///
    /// # Errors
    /// As [`OutputJson::encode`].
    pub(crate) fn encode<T: Serialize>(output: &T) -> Result<Self, serde_json::Error> {
        match with_status(output) {
            Ok(text) => Ok(Self(text)),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// A handler's output, encoded once: `{"status":"success", ...<output>}`.
#[derive(Debug, Clone)]
pub struct OutputJson(Box<RawValue>);

impl OutputJson {
    /// Encodes an output.
    ///
    /// # Errors
    /// When the value cannot be serialised, or is written as anything but an object or `null`.
    pub(crate) fn encode<T: Serialize>(output: &T) -> Result<Self, serde_json::Error> {
        match with_status(output) {
            Ok(text) => Self::written(text),
            Err(error) => Err(error),
        }
    }

    fn written(text: Vec<u8>) -> Result<Self, serde_json::Error> {
        let text = String::from_utf8(text).map_err(Error::custom)?;
        RawValue::from_string(text).map(Self)
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
    fn what_is_written_for_one_recipient_is_the_same() -> Result<(), serde_json::Error> {
        for output in [
            serde_json::json!({ "a": { "é": [1, null] } }),
            serde_json::json!({}),
        ] {
            let shared = OutputJson::encode(&output)?;
            assert_eq!(OwnJson::encode(&output)?.0, shared.raw().get().as_bytes());
        }
        Ok(())
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(OutputJson::encode(&7).is_err());
        assert!(OutputJson::encode(&"text").is_err());
        assert!(OutputJson::encode(&[1, 2]).is_err());
    }
}

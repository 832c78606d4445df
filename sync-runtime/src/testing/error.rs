//! Why a test does not go on, in words that are read in its output.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::{self, Write as _},
};

use serde::Deserialize;
use serde_json::Value;

/// Why something did not come about in a test.
///
/// Its `Debug` is its `Display`: a test that gives it back, or unwraps it, shows a sentence.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestError {
    /// The server refused it, or a handler answered an error.
    Refused(Refused),
    /// It did not come in time. The text says what was waited for, and what came instead.
    TimedOut(String),
    /// The connection is closed, or there never was one. The text says why, what was waited for, and what
    /// came instead.
    Closed(String),
    /// Something came that should not have.
    Unexpected(String),
    /// It cannot be: there is no such route, an input that is no JSON, users of another type.
    Misused(String),
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::TimedOut(text)
            | Self::Closed(text)
            | Self::Unexpected(text)
            | Self::Misused(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for TestError {}

impl From<Refused> for TestError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// What a client was refused with: the error envelope of a request, a room operation or a delivery.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// What was refused, for people.
    pub what: String,
    /// The stable code, such as `board.cardNotFound`.
    pub code: String,
    /// The message for people, in the language of the client.
    pub message: String,
    /// The HTTP status that says the same.
    pub status: u16,
    /// The parameters of the message.
    pub params: BTreeMap<String, Value>,
}

impl Refused {
    /// The refusal that a test waits for; fails where it did not come.
    ///
    /// ```
    /// # use sync_runtime::testing::{Refused, TestClient, TestError};
    /// # async fn test(visitor: TestClient) -> Result<(), TestError> {
    /// let refused = Refused::of(visitor.join("board:demo").await)?;
    /// assert_eq!(refused.code, "session.notFound");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When it was not refused, or failed for another reason.
    pub fn of<T: fmt::Debug>(outcome: Result<T, TestError>) -> Result<Self, TestError> {
        match outcome {
            Err(TestError::Refused(refused)) => Ok(refused),
            Err(other) => Err(other),
            Ok(given) => Err(TestError::Unexpected(format!(
                "it was not refused, but gave {given:?}"
            ))),
        }
    }

    /// Reads an envelope, unless it is that of a success.
    pub(super) fn read(what: impl FnOnce() -> String, payload: &Value) -> Result<(), Self> {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Envelope {
            error_code: String,
            message: String,
            http_status: u16,
            error_params: Vec<Param>,
        }
        #[derive(Deserialize)]
        struct Param {
            key: String,
            value: Value,
        }
        if payload["status"] != "error" {
            return Ok(());
        }
        let envelope = Envelope::deserialize(payload).unwrap_or_default();
        let params = envelope.error_params.into_iter();
        Err(Self {
            what: what(),
            code: envelope.error_code,
            message: envelope.message,
            status: envelope.http_status,
            params: params.map(|Param { key, value }| (key, value)).collect(),
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            code,
            message,
            status,
            params,
        } = self;
        write!(f, "{what} was refused with {code} ({status}): {message}")?;
        for (key, value) in params {
            write!(f, " {key}: {value}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How many events an error tells of, and how many characters of each.
const TOLD: usize = 10;
const TOLD_CHARS: usize = 300;

/// What was heard, for people.
pub(super) fn told<'a>(events: impl ExactSizeIterator<Item = (&'a str, &'a Value)>) -> String {
    if events.len() == 0 {
        return "it heard nothing".into();
    }
    let more = events.len().saturating_sub(TOLD);
    let mut text = "it heard instead:".to_owned();
    for (name, payload) in events.take(TOLD) {
        let payload = payload.to_string();
        let end = payload.char_indices().nth(TOLD_CHARS);
        let (part, dots) = match end {
            Some((end, _)) => (&payload[..end], "..."),
            None => (&payload[..], ""),
        };
        // Never fails: it is a String.
        let _ = write!(text, "\n  {name} {part}{dots}");
    }
    if more > 0 {
        let _ = write!(text, "\n  and {more} more");
    }
    text
}

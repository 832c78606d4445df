//! Events as they arrive, before anything is known of their content.

use std::{convert::Infallible, fmt, sync::Arc};

use serde::{
    Deserialize, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use socketioxide::{
    handler::{FromMessageParts, Value},
    socket::Socket,
};

use crate::{Failure, below::Local, connection::Connection, error::Refusal, server::Server};

/// The first argument of an event as JSON, or `null` where there is none.
///
/// The layer below would decode it into a type of ours and drop an event that does not fit; the
/// contract wants an answer to those as well.
pub(super) struct Payload(Box<RawValue>);

impl Payload {
    /// Reads it from the JSON of the whole event.
    pub(super) fn of(event: &str) -> Self {
        let Event(payload) = serde_json::from_str(event).unwrap_or(Event(None));
        Self(payload.unwrap_or_else(|| RawValue::NULL.to_owned()))
    }

    pub(super) fn json(&self) -> &str {
        self.0.get()
    }

    /// Reads it as an object; serde alone would read a struct from an array too.
    pub(super) fn object<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        let is_object = self.json().starts_with('{');
        is_object.then(|| serde_json::from_str(self.json()).ok())?
    }
}

impl FromMessageParts<Local> for Payload {
    type Error = Infallible;

    fn from_message_parts(
        _: &Arc<Socket<Local>>,
        message: &mut Value,
        _: &Option<i64>,
    ) -> Result<Self, Infallible> {
        let text = match message {
            Value::Str(text, _) => text.as_str(),
            Value::Bytes(_) => "",
        };
        Ok(Self::of(text))
    }
}

/// Where a packet is acknowledged, if it asks for that.
pub(super) struct Ack(Option<i64>);

impl Ack {
    /// Sends the acknowledgement.
    pub(super) fn send(self, server: &Arc<Server>, to: &Arc<Connection>, answer: &impl Serialize) {
        if let Some(id) = self.0 {
            server.acknowledge(to, id, answer);
        }
    }
}

impl FromMessageParts<Local> for Ack {
    type Error = Infallible;

    fn from_message_parts(
        _: &Arc<Socket<Local>>,
        _: &mut Value,
        id: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(Self(*id))
    }
}

/// `["<event>", <payload>, ...]`
struct Event(Option<Box<RawValue>>);

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;

        impl<'de> Visitor<'de> for Items {
            type Value = Event;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Event, A::Error> {
                items.next_element::<IgnoredAny>()?;
                let payload = items.next_element()?;
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Event(payload))
            }
        }

        deserializer.deserialize_seq(Items)
    }
}

/// Where the answer to an event goes: to `<event>-<responseIndex>`, or to the event itself where the
/// packet is no object with an index to answer on.
pub(super) struct ReplyTo {
    event: &'static str,
    index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Indexed {
    response_index: i64,
}

impl ReplyTo {
    /// Finds out where to answer.
    pub(super) fn of(event: &'static str, payload: &Payload) -> Self {
        let indexed = payload.object::<Indexed>();
        Self {
            event,
            index: indexed.map(|indexed| indexed.response_index),
        }
    }

    /// Refuses a packet that has no index to answer on.
    pub(super) fn indexed(&self) -> Result<(), Refusal> {
        self.index.map(drop).ok_or(Refusal::InvalidRequest)
    }

    /// The event of the answer.
    pub(super) fn event(&self) -> String {
        match self.index {
            Some(index) => format!("{}-{index}", self.event),
            None => self.event.into(),
        }
    }

    /// The event that tells of a request's progress.
    pub(super) fn progress_event(&self) -> String {
        match self.index {
            Some(index) => format!("{}-progress-{index}", self.event),
            None => format!("{}-progress", self.event),
        }
    }

    pub(super) fn answer(
        &self,
        server: &Arc<Server>,
        to: &Arc<Connection>,
        result: Result<impl Serialize, Failure>,
    ) {
        match result {
            Ok(answer) => {
                server.emit_answer(to, &self.event(), &answer);
            }
            Err(failure) => self.refuse(server, to, failure),
        }
    }

    /// Answers with a failure, in the language of whoever asked.
    pub(super) fn refuse(
        &self,
        server: &Arc<Server>,
        to: &Arc<Connection>,
        failure: impl Into<Failure>,
    ) {
        let failure = server.messages.translated(failure.into(), to.locale());
        failure.log(self.event);
        server.emit_answer(to, &self.event(), &failure.envelope());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_not_read_as_an_object() {
        assert!(
            Payload::of(r#"["joinRoom",[7]]"#)
                .object::<Indexed>()
                .is_none()
        );
        let payload = Payload::of(r#"["joinRoom", {"responseIndex":7,"more":[]}, 8]"#);
        assert_eq!(
            payload
                .object()
                .map(|Indexed { response_index }| response_index),
            Some(7)
        );
    }
}

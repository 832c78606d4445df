//! Events as they arrive, before anything is known of their content.

use std::{convert::Infallible, fmt, sync::Arc};

use serde::{
    Deserialize, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use socketioxide::{
    adapter::LocalAdapter,
    extract::SocketRef,
    handler::{FromMessageParts, Value},
    socket::Socket,
};

use crate::{Failure, emit::emit, error::Refusal, wire::JoinedRooms};

/// The first argument of an event as JSON, or `null` where there is none.
///
/// The layer below would decode it into a type of ours and drop an event that does not fit; the
/// contract wants an answer to those as well.
pub(super) struct Payload(Box<RawValue>);

impl Payload {
    pub(super) fn json(&self) -> &str {
        self.0.get()
    }
}

impl FromMessageParts<LocalAdapter> for Payload {
    type Error = Infallible;

    fn from_message_parts(
        _: &Arc<Socket<LocalAdapter>>,
        message: &mut Value,
        _: &Option<i64>,
    ) -> Result<Self, Infallible> {
        let text = match message {
            Value::Str(text, _) => text.as_str(),
            Value::Bytes(_) => "",
        };
        let Event(payload) = serde_json::from_str(text).unwrap_or(Event(None));
        Ok(Self(payload.unwrap_or_else(|| RawValue::NULL.to_owned())))
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
        // serde reads a struct from an array too.
        let is_object = payload.json().starts_with('{');
        let indexed = is_object.then(|| serde_json::from_str::<Indexed>(payload.json()));
        Self {
            event,
            index: indexed
                .and_then(Result::ok)
                .map(|indexed| indexed.response_index),
        }
    }

    /// Refuses a packet that has no index to answer on.
    pub(super) fn indexed(&self) -> Result<(), Refusal> {
        self.index.map(drop).ok_or(Refusal::InvalidRequest)
    }

    fn event(&self) -> String {
        match self.index {
            Some(index) => format!("{}-{index}", self.event),
            None => self.event.into(),
        }
    }

    /// Tells of a request's progress, before its answer.
    pub(super) fn progress(&self, socket: &SocketRef, progress: &impl Serialize) {
        send(socket, &self.progress_event(), progress);
    }

    /// The event that tells of a request's progress.
    pub(super) fn progress_event(&self) -> String {
        match self.index {
            Some(index) => format!("{}-progress-{index}", self.event),
            None => format!("{}-progress", self.event),
        }
    }

    pub(super) fn send(&self, socket: &SocketRef, answer: &impl Serialize) {
        send(socket, &self.event(), answer);
    }

    pub(super) fn rooms(&self, socket: &SocketRef, result: Result<JoinedRooms, Failure>) {
        match result {
            Ok(rooms) => self.send(socket, &rooms),
            Err(failure) => {
                failure.log(self.event);
                self.send(socket, &failure.envelope());
            }
        }
    }
}

/// Sends an event to a socket, and says whether it could be: one that has gone in the meantime misses
/// it.
pub(super) fn send(socket: &SocketRef, event: &str, data: &impl Serialize) -> bool {
    let sent = emit(socket, event, data);
    if let Err(error) = &sent
        && socket.connected()
    {
        tracing::warn!(connection = %socket.id, event, %error, "an event could not be sent");
    }
    sent.is_ok()
}

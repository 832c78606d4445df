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

use crate::{Failure, error::Refusal, wire::JoinedRooms};

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
/// packet has no index to answer on.
pub(super) struct ReplyTo {
    event: String,
    progress: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Indexed<'a> {
    #[serde(borrow)]
    response_index: &'a RawValue,
}

impl ReplyTo {
    /// Finds out where to answer. `is_indexed` tells whether the packet said so.
    pub(super) fn of(event: &str, payload: &Payload) -> Self {
        let json = payload.json();
        let indexed = json
            .starts_with('{')
            .then(|| serde_json::from_str::<Indexed<'_>>(json).ok())
            .flatten();
        let index = indexed.and_then(|indexed| indexed.response_index.get().parse::<i64>().ok());
        Self {
            event: match index {
                Some(index) => format!("{event}-{index}"),
                None => event.into(),
            },
            progress: index.map(|index| format!("{event}-progress-{index}")),
        }
    }

    /// The event that the request's progress goes to, if the packet can be answered by index.
    pub(super) fn progress(&self) -> Result<&str, Refusal> {
        self.progress.as_deref().ok_or(Refusal::InvalidRequest)
    }

    pub(super) fn send(&self, socket: &SocketRef, answer: &impl Serialize) {
        send(socket, &self.event, answer);
    }

    pub(super) fn rooms(&self, socket: &SocketRef, result: Result<JoinedRooms, Failure>) {
        match result {
            Ok(rooms) => self.send(socket, &rooms),
            Err(failure) => {
                failure.log(&self.event);
                self.send(socket, &failure.envelope());
            }
        }
    }
}

/// Sends an event to a socket; one that has gone in the meantime misses it.
pub(super) fn send(socket: &SocketRef, event: &str, data: &impl Serialize) {
    if let Err(error) = socket.emit(event, data)
        && socket.connected()
    {
        tracing::warn!(connection = %socket.id, event, %error, "an event could not be sent");
    }
}

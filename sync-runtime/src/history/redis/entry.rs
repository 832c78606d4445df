//! Entries as Redis keeps and tells them, in JSON.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    handler::output::OutputJson,
    history::{Entry, EntryId, Offset, Recorded},
    room::RoomCode,
    sender::Sender,
    session::SessionKey,
};

/// What the notice of an entry begins with.
const NOTICE: &str = "entry ";

/// An entry without its room, which the key and the channel name. Nodes of other versions read it: a
/// field that is new must not be needed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    id: String,
    route: String,
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(borrow)]
    output: &'a RawValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(default)]
    ignore_self: bool,
}

pub(super) fn written(entry: &Entry) -> serde_json::Result<String> {
    let sender = &entry.sender;
    serde_json::to_string(&Written {
        id: entry.id.to_string(),
        route: entry.route.to_string(),
        input: &entry.input,
        output: entry.output.raw(),
        connection: sender.connection.map(|id| id.to_string()),
        session: sender.session.as_ref().map(|key| key.as_str().to_owned()),
        ignore_self: sender.ignore_self,
    })
}

/// An entry as it was written, or `None` when it cannot have been.
pub(super) fn read(room: &RoomCode, text: &str) -> Option<Entry> {
    let entry = parse(room, text);
    if entry.is_none() {
        tracing::error!(%room, "an entry in Redis cannot be read");
    }
    entry
}

fn parse(room: &RoomCode, text: &str) -> Option<Entry> {
    let written: Written<'_> = serde_json::from_str(text).ok()?;
    let session = match written.session {
        None => None,
        Some(key) => Some(SessionKey::parse(&key)?),
    };
    Some(Entry {
        id: EntryId::parse(&written.id)?,
        room: room.clone(),
        route: written.route.into(),
        input: Arc::from(written.input.to_owned()),
        output: OutputJson::recorded(written.output)?,
        sender: Sender {
            connection: written.connection.and_then(|id| id.parse().ok()),
            session,
            ignore_self: written.ignore_self,
        },
    })
}

/// What a message on the channel of a room says of an entry; `None` when it is of something else.
pub(super) fn told(payload: &[u8]) -> Option<&str> {
    std::str::from_utf8(payload).ok()?.strip_prefix(NOTICE)
}

/// An entry as it was told, `<epoch>:<number> <entry>`.
pub(super) fn recorded(room: &RoomCode, told: &str) -> Option<Recorded> {
    let (offset, text) = told.split_once(' ')?;
    Some(Recorded {
        offset: Offset::parse(offset)?,
        entry: read(room, text)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use socketioxide::socket::Sid;

    use super::*;
    use crate::session::Token;

    #[test]
    fn an_entry_is_read_as_it_was_written() -> serde_json::Result<()> {
        let room = RoomCode::parse("a } room").expect("a room name");
        let sid: Sid = "AAAAAAAAAAAAAAHs".parse().expect("an id");
        for session in [None, Token::parse("ada").map(|token| token.key())] {
            let entry = Entry {
                id: EntryId::random(),
                room: room.clone(),
                route: "sync/a/b/v1".into(),
                input: Arc::from(RawValue::from_string(r#"{"n": 1.0, "x":"\u0000"}"#.into())?),
                output: OutputJson::encode(&json!({ "a": 1 }))?,
                sender: Sender {
                    connection: session.is_some().then_some(sid),
                    ignore_self: session.is_some(),
                    session,
                },
            };
            let told = format!("entry e-1:7 {}", written(&entry)?);
            let told = super::told(told.as_bytes()).expect("a notice");
            let Recorded {
                offset,
                entry: read,
            } = recorded(&room, told).expect("an entry");
            assert_eq!(offset.to_string(), "e-1:7");
            assert_eq!(
                (read.id, &read.room, &read.route),
                (entry.id, &room, &entry.route)
            );
            assert_eq!(read.input.get(), entry.input.get());
            assert_eq!(read.output.raw().get(), entry.output.raw().get());
            assert_eq!(read.sender.connection, entry.sender.connection);
            assert_eq!(read.sender.except(), entry.sender.except());
        }
        Ok(())
    }

    #[test]
    fn what_is_no_entry_is_none() {
        let room = RoomCode::parse("room").expect("a room name");
        assert!(told(b"live {}").is_none());
        assert!(told(&[0xff, 0xfe]).is_none());
        for text in ["", "e:1", "e:1 {}", "x {}", r#"e:1 {"id":"x"}"#] {
            assert!(recorded(&room, text).is_none(), "{text}");
        }
    }
}

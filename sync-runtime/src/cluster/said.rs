//! What nodes say to each other, as JSON. Two versions of an app can be in one cluster: what one does
//! not understand of the other it passes over.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use socketioxide::socket::Sid;

#[cfg(any(feature = "redis", test))]
use super::Topic;
#[cfg(any(feature = "redis", test))]
use crate::room::RoomCode;
use crate::session::SessionKey;

/// What a node says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Said<'a> {
    /// An output, for each node to deliver to its own members.
    #[serde(borrow)]
    Delivery(SaidDelivery<'a>),
    /// A payload of a stream, for those that the topic names.
    #[serde(borrow)]
    Frame(SaidFrame<'a>),
    /// Something could not be said on this topic.
    Lost,
    /// Where streams that are replayed run in this room, their beginnings are wanted.
    WantStreams,
    /// What a stream that is replayed has sent so far.
    #[serde(borrow)]
    Stream(SaidStream<'a>),
    /// A stream that is replayed is over.
    #[serde(borrow)]
    StreamOver(SaidStreamOver<'a>),
    /// Those that the topic names are no longer in a room.
    #[serde(borrow)]
    Leave(Cow<'a, str>),
    /// Who is in this room on other nodes is wanted.
    WantPresence,
    /// Who is in a room on a node: a [`SaidPresence`]. By itself, so that a version of the app that does
    /// not understand it knows that no delivery was missed.
    #[serde(borrow)]
    Presence(&'a RawValue),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SaidDelivery<'a> {
    /// The full name of the route.
    #[serde(borrow)]
    pub(crate) route: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) input: &'a RawValue,
    /// With its status.
    #[serde(borrow)]
    pub(crate) output: &'a RawValue,
    #[serde(borrow)]
    pub(crate) from: SaidFrom<'a>,
    pub(crate) ignore_self: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SaidFrame<'a> {
    /// As clients hear it.
    #[serde(borrow)]
    pub(crate) frame: &'a RawValue,
    #[serde(borrow)]
    pub(crate) from: SaidFrom<'a>,
    /// Where its order is that of what the same sender says to this room.
    #[serde(borrow)]
    pub(crate) room: Cow<'a, str>,
    /// Which frame of which stream it is, if that is replayed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) mark: Option<SaidMark<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SaidMark<'a> {
    #[serde(borrow)]
    pub(crate) stream: Cow<'a, str>,
    pub(crate) index: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SaidStream<'a> {
    #[serde(borrow)]
    pub(crate) stream: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) from: SaidFrom<'a>,
    #[serde(borrow)]
    pub(crate) room: Cow<'a, str>,
    /// How many frames were sent.
    pub(crate) sent: u64,
    /// All of them, unless they have become too large.
    #[serde(borrow)]
    pub(crate) frames: Option<Vec<&'a RawValue>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SaidStreamOver<'a> {
    #[serde(borrow)]
    pub(crate) stream: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) from: SaidFrom<'a>,
    #[serde(borrow)]
    pub(crate) room: Cow<'a, str>,
}

/// What has changed among the users that a node has in a room, or who they all are.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SaidPresence<'a> {
    #[serde(borrow)]
    pub(crate) room: Cow<'a, str>,
    pub(crate) version: u64,
    /// The version that this follows; none if it is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<u64>,
    /// How many there are now.
    pub(crate) count: usize,
    /// They are more than are listed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_crowd: bool,
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) joined: BTreeMap<Cow<'a, str>, SaidUser<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) left: Vec<Cow<'a, str>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SaidUser<'a> {
    /// When the profile was made, in milliseconds since 1970.
    pub(crate) at: u64,
    #[serde(borrow)]
    pub(crate) profile: &'a RawValue,
}

/// Who sent it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SaidFrom<'a> {
    pub(crate) connection: Option<Sid>,
    /// The key of the session.
    #[serde(borrow)]
    pub(crate) session: Option<Cow<'a, str>>,
}

impl<'a> SaidFrom<'a> {
    pub(crate) fn new(connection: Option<Sid>, session: Option<&'a SessionKey>) -> Self {
        Self {
            connection,
            session: session.map(|key| key.as_str().into()),
        }
    }

    #[cfg(feature = "redis")]
    pub(crate) fn session_key(&self) -> Option<SessionKey> {
        SessionKey::parse(self.session.as_deref()?)
    }
}

#[cfg(any(feature = "redis", test))]
impl Topic {
    /// Its name among the channels of a cluster.
    pub(super) fn channel(&self, prefix: &str) -> String {
        match self {
            Self::Room(room) => format!("{prefix}room:{room}"),
            Self::User(id) => format!("{prefix}user:{id}"),
            Self::Session(key) => format!("{prefix}session-to:{}", key.as_str()),
            Self::Node(id) => format!("{prefix}node:{id}"),
            Self::Nodes => format!("{prefix}nodes"),
        }
    }

    /// The topic of a channel.
    pub(super) fn of_channel(channel: &str, prefix: &str) -> Option<Self> {
        let name = channel.strip_prefix(prefix)?;
        match name.split_once(':') {
            None => (name == "nodes").then_some(Self::Nodes),
            Some(("room", room)) => RoomCode::parse(room).ok().map(Self::Room),
            Some(("user", id)) => Some(Self::User(id.into())),
            Some(("node", id)) => Some(Self::Node(id.into())),
            Some(("session-to", key)) => SessionKey::parse(key).map(Self::Session),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Token;

    #[test]
    fn a_topic_is_found_again_by_its_channel() {
        let key = Token::parse("a").expect("a plausible token").key();
        let room = RoomCode::parse("board:a b:\u{e9}").expect("a room name");
        for topic in [
            Topic::Room(room),
            Topic::User("ada:lovelace".into()),
            Topic::Session(key),
            Topic::Node("7f".into()),
            Topic::Nodes,
        ] {
            let channel = topic.channel("app:");
            assert_eq!(Topic::of_channel(&channel, "app:"), Some(topic));
            assert_eq!(Topic::of_channel(&channel, "other:"), None);
        }
    }

    #[test]
    fn what_a_node_says_is_understood_with_any_room_and_route() -> Result<(), serde_json::Error> {
        let raw = RawValue::from_string(r#"{"text":"\"é\n"}"#.into())?;
        let said = Said::Delivery(SaidDelivery {
            route: "sync/board/say/v1".into(),
            input: &raw,
            output: &raw,
            from: SaidFrom {
                connection: Some(Sid::new()),
                session: None,
            },
            ignore_self: true,
        });
        let text = serde_json::to_string(&said)?;
        let Said::Delivery(heard) = serde_json::from_str(&text)? else {
            panic!("it was a delivery: {text}");
        };
        assert_eq!(heard.input.get(), raw.get());
        assert_eq!(heard.route, "sync/board/say/v1");
        let text = serde_json::to_string(&Said::Leave("a\"b\n".into()))?;
        assert!(matches!(serde_json::from_str(&text)?, Said::Leave(room) if room == "a\"b\n"));
        let text = serde_json::to_string(&Said::Lost)?;
        assert!(matches!(serde_json::from_str(&text)?, Said::Lost));
        Ok(())
    }
}

//! The chat: what people say, and what the assistant answers.

mod answers;
mod queries;

use serde::Serialize;
use sync_runtime::typescript::TypeSink;
use sync_runtime::{App, Failure, FromRequest, RequestContext};
use ts_rs::TS;

pub use answers::{Answer, Answering, Answers, NotBegun, NotStopped};

/// The room of everybody in the chat.
pub const LOBBY: &str = "chat:lobby";
/// The longest message of a person, in characters.
pub const TEXT_MAX: usize = 2000;
/// Messages that a page is given to begin with.
pub const PAGE: u32 = 100;
/// Messages that are kept; older ones are deleted.
pub const KEPT: u32 = 1000;
/// Messages that the assistant is told with a question.
pub const TOLD: u32 = 20;

/// Says that a request is sent to the lobby, which is the only room that has a chat.
///
/// In any other room the request fails with `chat.notAChat`.
#[derive(Clone, Copy, Debug)]
pub struct Lobby;

impl<A: App> FromRequest<A> for Lobby {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        if cx.room().as_str() == LOBBY {
            Ok(Self)
        } else {
            Err(Failure::new("chat.notAChat", "This room has no chat.").status(404))
        }
    }

    fn describe(types: &mut impl TypeSink) {
        types.error_codes(&["chat.notAChat"]);
    }
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS, sqlx::Type)]
#[serde(rename_all = "camelCase")]
#[sqlx(rename_all = "lowercase")]
pub enum Kind {
    /// A person to the others.
    Said,
    /// A person to the assistant, for all to read.
    Asked,
    /// The assistant to the person who asked, for all to read.
    Answer,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS, sqlx::Type)]
#[serde(rename_all = "camelCase")]
#[sqlx(rename_all = "lowercase")]
pub enum Ending {
    /// Nothing is missing.
    Complete,
    /// Who asked had heard enough, or the server was stopped.
    Stopped,
    /// The assistant could not go on.
    Failed,
}

/// A message, as everybody may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Stable.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Who wrote it; of an answer, who asked for it.
    pub user_id: String,
    /// Their name.
    pub user_name: String,
    /// One line or several.
    pub text: String,
    /// How it ended.
    pub ending: Ending,
    /// When it was sent, or an answer ended, in milliseconds since 1970.
    #[ts(type = "number")]
    pub sent_at: i64,
}

/// What a page shows to begin with; what happens after that comes as events.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    /// The room to join for its events.
    pub room: String,
    /// The newest [`PAGE`] messages, the oldest first.
    pub messages: Vec<Message>,
    /// The answer that the assistant is giving, if it is.
    pub answering: Option<Answering>,
}

/// The rule for what people write, for garde: not blank, at most [`TEXT_MAX`] characters.
pub fn text_rule(text: &str, (): &()) -> garde::Result {
    if text.trim().is_empty() {
        Err(garde::Error::new("is blank"))
    } else if text.chars().count() > TEXT_MAX {
        Err(garde::Error::new("has more than 2000 characters"))
    } else if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        Err(garde::Error::new("holds characters that are not text"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_something_to_read() {
        for good in ["x", "two\nlines", "a\ttab", &"ü".repeat(TEXT_MAX)] {
            assert!(text_rule(good, &()).is_ok(), "{good:?}");
        }
        for bad in ["", " \n ", "null\0", "bell\u{7}", &"x".repeat(TEXT_MAX + 1)] {
            assert!(text_rule(bad, &()).is_err(), "{bad:?}");
        }
    }
}

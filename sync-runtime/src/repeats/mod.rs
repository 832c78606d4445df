//! Requests that clients repeat, and the answers that are remembered for them.
//!
//! A client that has heard no answer cannot know whether its request ran. With a `requestId` it can
//! ask again: a request runs once, and its repeats get the answer of that run.

mod memory;
#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "redis")]
use std::fmt::Write;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};

pub(crate) use self::memory::{MemoryBounds, MemoryRepeats};
#[cfg(feature = "redis")]
pub(crate) use self::redis::{RedisRepeats, Settings as RedisRepeatsSettings};
use crate::{Failure, handler::output::OutputJson};

/// The longest id of a request, in bytes. A UUID has 36.
const MAX_ID_BYTES: usize = 64;

/// What a client calls a request and all its repeats.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// The id as a client sent it, or `None` when it cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_id = (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(is_known);
        is_id.then(|| Self(text.into()))
    }

    #[cfg(feature = "redis")]
    fn as_str(&self) -> &str {
        &self.0
    }
}

/// As what a client makes a request.
#[derive(Debug, Clone)]
pub(crate) struct MadeAs {
    pub(crate) id: RequestId,
    /// It has made it before.
    pub(crate) is_repeat: bool,
}

/// Which request it is: an id means something only to one sender and on one route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey {
    pub(crate) sender: RequestSender,
    pub(crate) route: Arc<str>,
    pub(crate) id: RequestId,
}

/// Whose request it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum RequestSender {
    /// That of a user, from whichever of the user's devices.
    User(Arc<str>),
    /// That of a connection on which nobody is logged in.
    Connection(Arc<str>),
}

/// What tells the content of a request from others: where it goes and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content([u8; 32]);

impl Content {
    pub(crate) fn of(receiver: &str, ignore_self: bool, data: &str) -> Self {
        let mut hash = Sha256::new();
        // With its length, so that no part of it can be taken for one of the data.
        hash.update(receiver.len().to_be_bytes());
        hash.update(receiver);
        hash.update([u8::from(ignore_self)]);
        hash.update(data);
        Self(hash.finalize().into())
    }

    #[cfg(feature = "redis")]
    fn hex(self) -> String {
        hex(&self.0)
    }
}

#[cfg(feature = "redis")]
fn hex(bytes: &[u8; 32]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// One of the times that a request is made.
pub(crate) struct Attempt {
    pub(crate) key: RequestKey,
    pub(crate) content: Content,
    /// Its client knows that it has made it before.
    #[cfg_attr(
        not(feature = "redis"),
        expect(dead_code, reason = "memory does not have to be told")
    )]
    pub(crate) is_repeat: bool,
}

/// How a request was answered.
pub(crate) type Answer = Result<OutputJson, Failure>;

/// How many bytes an answer has, as it is sent.
fn bytes(answer: &Answer) -> usize {
    match answer {
        Ok(output) => output.raw().get().len(),
        Err(failure) => serde_json::to_string(&failure.envelope()).map_or(0, |json| json.len()),
    }
}

/// The answers of requests that may be repeated.
///
/// A call that takes too long fails: nobody waits for a memory that does not answer.
pub(crate) trait Repeats: Send + Sync {
    /// Begins a request, unless it has begun before.
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Begun, Forgetful>>;
}

/// What is known of a request.
pub(crate) enum Begun {
    /// Nothing: it is to run now.
    First(Box<dyn Claim>),
    /// It runs. Once this is over, another look tells how it ended.
    Running(BoxFuture<'static, ()>),
    /// It ran, and this was its answer.
    Before(Arc<Answer>),
    /// Another request had this id.
    Other,
}

/// The right to run a request. While it is there, all repeats wait. Dropped without an answer, it
/// leaves no trace: a repeat runs.
pub(crate) trait Claim: Send + Sync {
    /// Remembers the answer, for all that wait and those to come.
    fn remember(self: Box<Self>, answer: Arc<Answer>) -> BoxFuture<'static, ()>;

    /// Forgets the request, for it came to nothing: what comes after this is judged anew. So it is, a little later, when
    /// the claim is dropped.
    fn give_up(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// What remembers answers does not respond, so that nobody knows whether a repeat ran before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what remembers the answers of requests does not respond")]
pub(crate) struct Forgetful;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        let long = "x".repeat(MAX_ID_BYTES);
        for id in [
            "1",
            "0b9f0d9e-6c1c-4f0e-9a35-2c3a55a0a001",
            "a_b.c:d",
            &long,
        ] {
            assert!(RequestId::parse(id).is_some(), "{id}");
        }
        let too_long = "x".repeat(MAX_ID_BYTES + 1);
        for id in ["", " ", "a b", "é", "a\n", "{}", &too_long] {
            assert_eq!(RequestId::parse(id), None, "{id}");
        }
    }

    #[test]
    fn content_is_the_same_only_if_all_of_it_is() {
        let content = Content::of("room", false, "{}");
        assert_eq!(content, Content::of("room", false, "{}"));
        for other in [
            Content::of("rooms", false, "{}"),
            Content::of("room", true, "{}"),
            Content::of("room", false, "{ }"),
            Content::of("roo", false, "m{}"),
        ] {
            assert_ne!(content, other);
        }
    }
}

//! The assistant of the chat: an OpenAI-compatible endpoint when one is set, else a generator of our
//! own, so that the demo needs nothing.

mod endpoint;
mod local;
mod remote;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;

use crate::board::Board;

pub use endpoint::{ApiKey, Endpoint, EndpointError};

use local::Local;
use remote::Remote;

/// The longest answer, in characters: what an endpoint says beyond it is left out.
pub const ANSWER_MAX: usize = 16_000;

/// How long the built-in assistant takes for a word.
const PER_WORD: Duration = Duration::from_millis(25);

/// Answers questions in pieces, as they come. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assistant(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Local(Local),
    Remote(Arc<Remote>),
}

/// What the assistant is asked, and what it may know for it.
#[derive(Clone, Debug)]
pub struct Question {
    /// The name of the person who asks.
    pub asked_by: String,
    /// What they ask.
    pub text: String,
    /// What was said before, the oldest first.
    pub before: Vec<Turn>,
    /// The board that everybody in the chat shares.
    pub board: Board,
}

/// Something said in the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The name of the person, or `None` for the assistant.
    pub person: Option<String>,
    /// What they said.
    pub text: String,
}

/// Why there is no answer, or no more of it. Says nothing that the endpoint said: that could hold the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssistantError {
    /// The endpoint cannot be reached.
    #[error("the assistant's endpoint cannot be reached")]
    Unreachable,
    /// The endpoint refused the request.
    #[error("the assistant's endpoint answered with status {0}")]
    Refused(u16),
    /// The endpoint was silent for too long.
    #[error("the assistant's endpoint was silent for {} seconds", .0.as_secs())]
    Silent(Duration),
    /// The endpoint answered with something else than chat completions.
    #[error("the assistant's endpoint does not answer like one")]
    Garbled,
    /// The answer broke off.
    #[error("the answer of the assistant's endpoint broke off")]
    BrokeOff,
}

/// The pieces of an answer. After an error there are no more. Dropped, the endpoint is told to stop.
pub type Pieces = BoxStream<'static, Result<String, AssistantError>>;

impl Assistant {
    /// The built-in one: it knows the board and its own few sentences, and gives the same answer to the
    /// same question.
    pub fn local() -> Self {
        Self::local_with_pause(PER_WORD)
    }

    /// The same at another pace: `pause` is the time for a word.
    pub fn local_with_pause(pause: Duration) -> Self {
        Self(Kind::Local(Local::new(pause)))
    }

    /// The one at an OpenAI-compatible endpoint.
    pub fn at(endpoint: &Endpoint) -> Result<Self, EndpointError> {
        Ok(Self(Kind::Remote(Arc::new(Remote::new(endpoint)?))))
    }

    /// The one at `endpoint` if there is one, else the built-in one.
    pub fn new(endpoint: Option<&Endpoint>) -> Result<Self, EndpointError> {
        endpoint.map_or_else(|| Ok(Self::local()), Self::at)
    }

    /// Begins to answer.
    pub fn answer(&self, question: Question) -> Pieces {
        match &self.0 {
            Kind::Local(local) => local.answer(&question),
            Kind::Remote(remote) => remote.clone().answer(question),
        }
    }
}

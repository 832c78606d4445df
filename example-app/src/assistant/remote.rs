//! The assistant at an OpenAI-compatible endpoint, by way of `async-openai`.

use std::fmt::Write as _;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use futures_util::stream::{self, BoxStream, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::{ANSWER_MAX, AssistantError, Endpoint, EndpointError, Pieces, Question};
use crate::board::Board;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Remote {
    client: Client<OpenAIConfig>,
    model: String,
    patience: Duration,
}

/// What is asked. Our own and not the crate's type: no more than what every endpoint understands.
#[derive(Serialize)]
struct Request {
    model: String,
    messages: Vec<Message>,
    stream: bool,
}

#[derive(Serialize)]
struct Message {
    role: &'static str,
    content: String,
}

/// A chunk, as far as it matters. Endpoints leave out much of what the crate's type insists on.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    /// Some report what goes wrong in the middle like this.
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
}

type Chunks = BoxStream<'static, Result<Chunk, OpenAIError>>;

impl Remote {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self, EndpointError> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(endpoint.patience)
            // An endpoint that sends one elsewhere would be sent the conversation and the key.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| EndpointError::Client(error.without_url().to_string()))?;
        // What the crate reads from the environment by itself is replaced.
        let config = OpenAIConfig::new()
            .with_api_base(&endpoint.base_url)
            .with_api_key(endpoint.key.reveal())
            .with_org_id("")
            .with_project_id("");
        Ok(Self {
            client: Client::build(http, config),
            model: endpoint.model.clone(),
            patience: endpoint.patience,
        })
    }

    pub(super) fn answer(self: Arc<Self>, question: Question) -> Pieces {
        let patience = self.patience;
        stream::once(async move { self.ask(question).await })
            .flat_map(move |asked| match asked {
                Ok(chunks) => pieces(chunks, patience),
                Err(error) => stream::iter([Err(error)]).boxed(),
            })
            .scan(0, |said, piece| ready(within_limit(said, piece)))
            .boxed()
    }

    async fn ask(&self, question: Question) -> Result<Chunks, AssistantError> {
        let request = Request {
            model: self.model.clone(),
            messages: messages(question),
            stream: true,
        };
        let chat = self.client.chat();
        match timeout(self.patience, chat.create_stream_byot(request)).await {
            Ok(asked) => asked.map_err(|error| self.refusal(&error)),
            Err(_) => Err(AssistantError::Silent(self.patience)),
        }
    }

    /// What may be told of an error: its own words can quote the request.
    fn refusal(&self, error: &OpenAIError) -> AssistantError {
        match error {
            OpenAIError::ApiError(answer) => AssistantError::Refused(answer.status_code.as_u16()),
            OpenAIError::Reqwest(error) if error.is_timeout() => {
                AssistantError::Silent(self.patience)
            }
            OpenAIError::Reqwest(_) => AssistantError::Unreachable,
            _ => AssistantError::Garbled,
        }
    }
}

/// The text of the chunks, up to the one that says it is the last.
fn pieces(chunks: Chunks, patience: Duration) -> Pieces {
    stream::unfold(Some(chunks), move |chunks| async move {
        let mut chunks = chunks?;
        loop {
            let chunk = match timeout(patience, chunks.next()).await {
                Ok(Some(Ok(chunk))) if chunk.error.is_none() => chunk,
                // The end without a last chunk is a cut, however cleanly the connection was closed.
                Ok(_) => return Some((Err(AssistantError::BrokeOff), None)),
                Err(_) => return Some((Err(AssistantError::Silent(patience)), None)),
            };
            let Some(choice) = chunk.choices.into_iter().next() else {
                continue;
            };
            let piece = choice.delta.content.unwrap_or_default();
            let rest = choice.finish_reason.is_none().then_some(chunks);
            match (piece.is_empty(), rest) {
                (false, rest) => return Some((Ok(piece), rest)),
                (true, None) => return None,
                (true, Some(rest)) => chunks = rest,
            }
        }
    })
    .boxed()
}

/// What of a piece is within [`ANSWER_MAX`]; ends the stream when nothing is.
fn within_limit(
    said: &mut usize,
    piece: Result<String, AssistantError>,
) -> Option<Result<String, AssistantError>> {
    let Ok(piece) = piece else { return Some(piece) };
    let left = ANSWER_MAX - *said;
    let piece: String = piece.chars().take(left).collect();
    *said += piece.chars().count();
    (left > 0).then_some(Ok(piece))
}

fn messages(question: Question) -> Vec<Message> {
    let said = |name: &str, text: &str| format!("{name}: {text}");
    let system = Message {
        role: "system",
        content: instructions(&question.board),
    };
    let before = question.before.iter().map(|turn| match &turn.person {
        Some(name) => Message {
            role: "user",
            content: said(name, &turn.text),
        },
        None => Message {
            role: "assistant",
            content: turn.text.clone(),
        },
    });
    let asked = Message {
        role: "user",
        content: said(&question.asked_by, &question.text),
    };
    std::iter::once(system)
        .chain(before)
        .chain([asked])
        .collect()
}

fn instructions(board: &Board) -> String {
    let mut text = format!(
        "You are the assistant in a chat that several people share. Each of their messages begins with \
         the name of the person. Answer the last one, in plain text without Markdown, in a few sentences \
         unless more is asked for. They work at a board called \"{}\":\n",
        board.title
    );
    for lane in &board.lanes {
        let cards = board.cards.iter().filter(|card| card.lane_id == lane.id);
        let cards: Vec<_> = cards
            .map(|card| format!("\"{}\" ({})", card.title, card.owner_name))
            .collect();
        let _ = writeln!(text, "- {}: {}", lane.title, cards.join(", "));
    }
    text
}

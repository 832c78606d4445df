//! The assistant against a server that speaks the protocol of OpenAI-compatible endpoints.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use example_app::assistant::{
    ANSWER_MAX, ApiKey, Assistant, AssistantError, Endpoint, Question, Turn,
};
use example_app::board::{Board, Card, Lane};
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const KEY: &str = "sk-very-secret";

/// A model server on a free port that gives each request the next of its answers.
struct Models {
    assistant: Assistant,
    requests: Requests,
    _stop: DropGuard,
}

type Requests = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// How the server answers a request.
#[derive(Clone)]
enum Script {
    /// With these chunks, and then `[DONE]`.
    Says(Vec<Value>),
    /// With these bytes as the event stream, closed after them.
    Writes(String),
    /// With this piece and then nothing for ever; the token is cancelled when nobody listens any more.
    Hangs(&'static str, CancellationToken),
    /// With this status and body.
    Refuses(StatusCode, String),
}

impl Models {
    async fn start(script: Script) -> Result<Self> {
        Self::start_with(script, Duration::from_secs(10)).await
    }

    async fn start_with(script: Script, patience: Duration) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let mut endpoint = endpoint(&format!("http://{}/v1", listener.local_addr()?))?;
        endpoint.patience = patience;
        let requests = Requests::default();
        let models = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state((script, requests.clone()));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            tokio::select! {
                served = axum::serve(listener, models) => served,
                () = stopped => Ok(()),
            }
        });
        Ok(Self {
            assistant: Assistant::at(&endpoint)?,
            requests,
            _stop: stop.drop_guard(),
        })
    }

    /// The whole answer, or what came of it before the error.
    async fn ask(&self) -> (String, Option<AssistantError>) {
        let pieces = self.assistant.answer(question());
        let pieces: Vec<_> = pieces.collect().await;
        let error = pieces.iter().find_map(|piece| piece.clone().err());
        (pieces.into_iter().flatten().collect(), error)
    }

    fn asked(&self) -> Result<(HeaderMap, Value)> {
        let requests = self.requests.lock().map_err(|_| "poisoned")?;
        Ok(requests.last().cloned().ok_or("nothing was asked")?)
    }
}

async fn complete(
    State((script, requests)): State<(Script, Requests)>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if let Ok(mut requests) = requests.lock() {
        requests.push((headers, request));
    }
    match script {
        Script::Says(chunks) => {
            let events: String = chunks.iter().map(event).collect();
            event_stream(Body::from(events + "data: [DONE]\n\n"))
        }
        Script::Writes(events) => event_stream(Body::from(events)),
        Script::Hangs(piece, gone) => {
            let first = stream::iter([Ok::<_, Infallible>(event(&chunk(piece)))]);
            let gone = gone.drop_guard();
            let silence = stream::poll_fn(move |_| {
                let _held = &gone;
                std::task::Poll::Pending
            });
            event_stream(Body::from_stream(first.chain(silence)))
        }
        Script::Refuses(status, body) => (status, body).into_response(),
    }
}

fn event_stream(body: Body) -> Response {
    ([("content-type", "text/event-stream")], body).into_response()
}

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

/// A chunk with all that endpoints put into one.
fn chunk(piece: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "test",
        "choices": [{ "index": 0, "delta": { "content": piece }, "finish_reason": null }],
    })
}

fn last_chunk() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "test",
        "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }],
    })
}

fn endpoint(base_url: &str) -> Result<Endpoint> {
    Ok(Endpoint::new(
        base_url,
        ApiKey::new(KEY.into())?,
        "test".into(),
    )?)
}

fn question() -> Question {
    let turn = |person: Option<&str>, text: &str| Turn {
        person: person.map(str::to_owned),
        text: text.to_owned(),
    };
    Question {
        asked_by: "Ada".into(),
        text: "And the ferry?".into(),
        before: vec![
            turn(Some("Ben"), "Who is here?"),
            turn(None, "Ada and Ben."),
        ],
        board: Board {
            room: "board:demo".into(),
            title: "Harbour festival".into(),
            lanes: vec![Lane {
                id: "ideas".into(),
                title: "Ideas".into(),
            }],
            cards: vec![Card {
                id: "ferry".into(),
                title: "Late ferry".into(),
                lane_id: "ideas".into(),
                owner_id: "ben".into(),
                owner_name: "Ben".into(),
            }],
        },
    }
}

#[tokio::test]
async fn the_answer_comes_in_the_pieces_the_endpoint_sends() -> Result {
    let role =
        json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": "" } }] });
    let usage = json!({ "choices": [], "usage": { "total_tokens": 3 } });
    let chunks = vec![
        role,
        chunk("It leaves "),
        chunk("at ten \u{26f4}\u{fe0f}."),
        last_chunk(),
        usage,
    ];
    let models = Models::start(Script::Says(chunks)).await?;
    let pieces: Vec<_> = models.assistant.answer(question()).collect().await;
    let wanted = ["It leaves ", "at ten \u{26f4}\u{fe0f}."];
    assert_eq!(pieces, wanted.map(|piece| Ok(piece.to_owned())));
    Ok(())
}

#[tokio::test]
async fn the_endpoint_is_told_the_board_and_who_said_what() -> Result {
    let models = Models::start(Script::Says(vec![chunk("At ten."), last_chunk()])).await?;
    models.ask().await;
    let (headers, request) = models.asked()?;
    assert_eq!(headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(
        (&request["model"], &request["stream"]),
        (&json!("test"), &json!(true))
    );
    let messages = request["messages"].as_array().ok_or("messages")?;
    let instructions = messages[0]["content"].as_str().ok_or("instructions")?;
    assert!(
        instructions.contains("Harbour festival") && instructions.contains("\"Late ferry\" (Ben)")
    );
    let said = [
        json!({ "role": "user", "content": "Ben: Who is here?" }),
        json!({ "role": "assistant", "content": "Ada and Ben." }),
        json!({ "role": "user", "content": "Ada: And the ferry?" }),
    ];
    assert_eq!(messages[1..], said);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_whole_answer() -> Result {
    let said = event(&chunk("It leaves "));
    let cut_in_a_chunk = format!("{said}data: {{\"choices\":[{{\"del");
    let garbled = format!("{said}data: what?\n\n");
    let failed = format!(
        "{said}{}",
        event(&json!({ "error": { "message": "out of memory" } }))
    );
    for events in [said, cut_in_a_chunk, garbled, failed] {
        let models = Models::start(Script::Writes(events.clone())).await?;
        let broke_off = ("It leaves ".to_owned(), Some(AssistantError::BrokeOff));
        assert_eq!(models.ask().await, broke_off, "{events}");
    }
    Ok(())
}

#[tokio::test]
async fn an_endpoint_that_falls_silent_is_given_up() -> Result {
    let script = Script::Hangs("It ", CancellationToken::new());
    let patience = Duration::from_millis(200);
    let models = Models::start_with(script, patience).await?;
    let (said, error) = models.ask().await;
    assert_eq!(said, "It ");
    // Whichever of the two limits is first: the client's on the connection, or ours on the stream.
    let given_up = [AssistantError::Silent(patience), AssistantError::BrokeOff];
    assert!(error.is_some_and(|error| given_up.contains(&error)));
    Ok(())
}

#[tokio::test]
async fn an_answer_nobody_waits_for_is_not_read_to_its_end() -> Result {
    let gone = CancellationToken::new();
    let models = Models::start(Script::Hangs("It ", gone.clone())).await?;
    let mut pieces = models.assistant.answer(question());
    assert_eq!(pieces.next().await, Some(Ok("It ".to_owned())));
    drop(pieces);
    tokio::time::timeout(Duration::from_secs(5), gone.cancelled()).await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_without_end_is_cut() -> Result {
    let many = vec![chunk(&"ä".repeat(ANSWER_MAX / 2 + 1)); 4];
    let models = Models::start(Script::Says(many)).await?;
    let (said, error) = models.ask().await;
    assert_eq!((said.chars().count(), error), (ANSWER_MAX, None));
    Ok(())
}

#[tokio::test]
async fn a_refusal_tells_its_status_and_nothing_of_the_key() -> Result {
    let quoting =
        json!({ "error": { "message": format!("Incorrect key: {KEY}"), "type": "auth" } });
    let html = format!("<h1>{KEY}</h1>");
    for (status, body, wanted) in [
        (
            StatusCode::UNAUTHORIZED,
            quoting.to_string(),
            AssistantError::Refused(401),
        ),
        (StatusCode::NOT_FOUND, html.clone(), AssistantError::Garbled),
        (StatusCode::BAD_GATEWAY, html, AssistantError::Refused(502)),
    ] {
        let models = Models::start(Script::Refuses(status, body)).await?;
        let (said, error) = models.ask().await;
        assert_eq!((said.as_str(), error.as_ref()), ("", Some(&wanted)));
        assert!(!format!("{error:?} {wanted} {:?}", models.assistant).contains(KEY));
    }
    Ok(())
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_unreachable() -> Result {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = endpoint(&format!("http://{}", listener.local_addr()?))?;
    drop(listener);
    let assistant = Assistant::at(&endpoint)?;
    let pieces: Vec<_> = assistant.answer(question()).collect().await;
    assert_eq!(pieces, [Err(AssistantError::Unreachable)]);
    Ok(())
}

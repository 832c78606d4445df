//! The HTTP transport: `POST /sync/<page>/<route>/v<version>`, answered as JSON or as an event
//! stream.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::post,
};
use http::{
    HeaderMap, HeaderValue, StatusCode, Uri,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
    request::Parts,
};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{
    caller::Caller,
    sse::{Events, LastEvent, Nowhere},
};
use crate::{
    Failure,
    connection::OnDisconnect,
    error::Refusal,
    observe,
    pipeline::{
        self, Incoming, Requester, Success, contained,
        shape::{Shaped, shape_named},
        within,
    },
    server::Server,
    session::Credential,
    stream::Outlet,
    wire::SuccessAnswer,
};

const PATH: &str = "/sync/{*name}";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENT_STREAM: &str = "text/event-stream";

/// How often a stream without news says that it is still there: well within the minute after which
/// proxies commonly give up.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The routes over HTTP.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(server: Arc<Server>) -> Router<S> {
    Router::new().route(PATH, post(receive)).with_state(server)
}

/// A request's answer: its status and its envelope as JSON.
struct Answer {
    status: StatusCode,
    json: String,
}

impl Answer {
    fn of(result: Result<Success<'_>, &Failure>) -> Self {
        match result {
            Ok(success) => Self::new(
                200,
                &SuccessAnswer {
                    status: "success",
                    message: success.message,
                    result: success.output.raw(),
                },
            ),
            Err(failure) => Self::new(failure.http_status(), &failure.envelope()),
        }
    }

    fn new(status: u16, envelope: &impl Serialize) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            status,
            json: serde_json::to_string(envelope).unwrap_or_default(),
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::of(Err(&refusal.into()))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, JSON),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (self.status, headers, self.json).into_response()
    }
}

/// Where a request's answer goes, and what comes before it.
struct Reply {
    answer: oneshot::Sender<Answer>,
    progress: Arc<dyn Outlet>,
}

impl pipeline::Reply for Reply {
    fn progress(&self) -> Arc<dyn Outlet> {
        self.progress.clone()
    }

    fn answer(self, answer: Result<Success<'_>, &Failure>) {
        let _ = self.answer.send(Answer::of(answer));
    }
}

async fn receive(State(server): State<Arc<Server>>, request: Request) -> Response {
    let is_stream = wants_stream(request.uri(), request.headers());
    let cancelled = server.shutdown.request_token();
    let (answer, answered) = oneshot::channel();
    let (parts, body) = request.into_parts();
    let caller = Caller::of(&parts, &server);
    let awaited = server.shutdown.awaits();
    let request = accept(&server, &parts, body, &caller, &cancelled).await;
    let requester = Requester::Request {
        session: caller.credential.map(|credential| credential.key),
        address: caller.address,
        languages: caller.languages,
    };
    let name = request.as_ref().ok().map(Shaped::name);
    let route = name.and_then(|name| server.routes.named(name));
    let goes_on = route.is_some_and(|route| route.server.on_disconnect == OnDisconnect::Finish);
    let with_client = (!goes_on).then(|| cancelled.clone());
    // Whoever waits for the answer drops this with the connection, and the request is cancelled.
    let guard = with_client.clone().map(CancellationToken::drop_guard);
    let events = is_stream.then(|| Events::new(server.config.max_unsent_bytes, with_client));
    if let Some(events) = &events {
        events.watch(server.config.stall_timeout);
    }
    match request {
        Err(failure) => {
            observe::refused(&failure);
            let told = async { Ok(requester.in_own_words(&server, failure).await) };
            let failure = contained(told).await.unwrap_or_else(|panicked: Failure| {
                panicked.log("an HTTP request that was refused");
                panicked
            });
            let _ = answer.send(Answer::of(Err(&failure)));
        }
        Ok(request) => {
            let reply = Reply {
                answer,
                progress: match &events {
                    Some(events) => events.clone(),
                    None => Arc::new(Nowhere),
                },
            };
            let incoming = Incoming {
                request,
                cancelled,
                turn: None,
            };
            let tasks = server.clone();
            tasks.shutdown.run_request(async move {
                pipeline::run(&server, &requester, incoming, reply).await;
            });
        }
    }
    // What runs is waited for by itself.
    drop(awaited);
    let answer = async move {
        let answer = answered.await;
        if let Some(guard) = guard {
            drop(guard.disarm());
        }
        answer.unwrap_or_else(|_| Refusal::ServerExecutionFailed.into())
    };
    match events {
        Some(events) => {
            let last = async { LastEvent::from(answer.await) };
            Sse::new(events.read(last))
                .keep_alive(KeepAlive::new().interval(HEARTBEAT))
                .into_response()
        }
        None => answer.await.into_response(),
    }
}

impl From<Answer> for LastEvent {
    fn from(Answer { status, json }: Answer) -> Self {
        Self {
            event: Event::default().event("final").data(json),
            is_error: !status.is_success(),
        }
    }
}

fn wants_stream(uri: &Uri, headers: &HeaderMap) -> bool {
    let query = uri.query().unwrap_or_default();
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    query.split('&').any(|pair| pair == "stream=true")
        || accept.is_some_and(|accept| accept.contains(EVENT_STREAM))
}

/// Reads a request as far as it can be without running anything.
async fn accept(
    server: &Server,
    parts: &Parts,
    body: Body,
    caller: &Caller,
    cancelled: &CancellationToken,
) -> Result<Shaped, Failure> {
    if !caller.is_allowed && !is_sent_on_purpose(server, caller.credential.as_ref()).await? {
        return Err(Refusal::Forbidden.into());
    }
    // A form of another site can send text, but not this type.
    if !is_json(&parts.headers) {
        return Err(Refusal::InvalidRequest.into());
    }
    let reading = read(server, body);
    let body = within(server.config.connect_timeout, cancelled, reading).await??;
    let name = parts.uri.path().trim_start_matches('/');
    Ok(shape_named(name, &body)?)
}

/// Whether the page that made a request knows the token of a session that lives. The browser has
/// added nothing that another site could misuse.
async fn is_sent_on_purpose(
    server: &Server,
    credential: Option<&Credential>,
) -> Result<bool, Refusal> {
    let Some(Credential {
        key,
        is_cookie: false,
    }) = credential
    else {
        return Ok(false);
    };
    let session = server.sessions.peek(key).await.map_err(|error| {
        tracing::error!(%error, "a request was refused: the session store does not answer");
        Refusal::ServerExecutionFailed
    })?;
    Ok(session.is_some())
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

async fn read(server: &Server, body: Body) -> Result<String, Refusal> {
    let bytes = to_bytes(body, server.config.max_payload_bytes)
        .await
        .map_err(|_| Refusal::TooLarge)?;
    String::from_utf8(bytes.into()).map_err(|_| Refusal::InvalidRequest)
}

//! A client's connection: Engine.IO by polling and Socket.IO in it, with calls for requests.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::body::{Body, to_bytes};
use http::{HeaderValue, Method, Request, StatusCode, header::COOKIE};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_service::Service;

use super::{
    TestServer,
    client::TestClient,
    error::TestError,
    inbox::{Ended, Event, Inbox, first},
};
use crate::transport::engine_io::EngineIo;

const PATH: &str = "/socket.io/?EIO=4&transport=polling";

/// What Engine.IO puts between the packets of one poll.
const SEPARATOR: char = '\u{1e}';

/// What the packets of Socket.IO that are no events are kept as.
const CONNECTED: &str = "connect";
const NOT_CONNECTED: &str = "connect_error";

/// A client's connection, from its handshake until it closes.
pub(super) struct Link {
    pub(super) test: TestServer,
    /// Whose it is, for people.
    pub(super) who: String,
    pub(super) cookie: Option<HeaderValue>,
    pub(super) inbox: Inbox,
    /// The query of all requests of its session.
    path: String,
    /// Held by whoever says something: what is said is heard in this order.
    turn: Mutex<()>,
    next_index: AtomicU64,
    /// Cancelled when it is to close.
    closing: CancellationToken,
    polling: TaskTracker,
}

impl Link {
    /// Connects.
    pub(super) async fn open(
        test: &TestServer,
        who: String,
        cookie: Option<HeaderValue>,
    ) -> Result<TestClient, TestError> {
        let failed = |why: String| TestError::Closed(format!("{who} could not connect: {why}"));
        let opened = call(test, Method::GET, PATH, cookie.as_ref(), "").await;
        let opened = opened.map_err(&failed)?;
        let id =
            session_of(&opened).ok_or_else(|| failed(format!("the server answered {opened:?}")))?;
        let link = Arc::new(Self {
            test: test.clone(),
            who: who.clone(),
            cookie,
            inbox: Inbox::new(),
            path: format!("{PATH}&sid={id}"),
            turn: Mutex::new(()),
            next_index: AtomicU64::new(0),
            closing: CancellationToken::new(),
            polling: TaskTracker::new(),
        });
        link.polling.spawn(poll(link.clone()));
        link.polling.close();
        // From here on it closes when the test lets go of it.
        let guard = link.closing.clone().drop_guard();

        let greeted = async {
            link.post("40").await?;
            let connected = link.inbox.take(|events| {
                let refused = first(events, |event| event.name == NOT_CONNECTED);
                refused
                    .map(Err)
                    .or_else(|| first(events, |event| event.name == CONNECTED).map(Ok))
            });
            let connected = connected.await.map_err(|Ended(why)| why)?;
            connected.map_err(|refused| refused.to_string())
        };
        let greeted = timeout(test.patience, greeted).await.map_err(|_| {
            let patience = test.patience;
            TestError::TimedOut(format!("{who} could not connect within {patience:?}"))
        })?;
        let greeted = greeted.map_err(&failed)?;
        let socket = greeted["sid"].as_str().and_then(|id| id.parse().ok());
        let connection = socket.and_then(|socket| test.server.connection(socket));
        let connection = connection.ok_or_else(|| failed("it was closed at once".into()))?;
        test.watched.lock().add(&connection);
        let connection = Arc::downgrade(&connection);
        Ok(TestClient::new(link, guard, connection))
    }

    /// Sends an event that is answered on an index, which it is given.
    pub(super) async fn emit(&self, event: &str, mut payload: Value) -> Result<u64, TestError> {
        let index = self.next_index.fetch_add(1, Ordering::Relaxed);
        if let Value::Object(fields) = &mut payload {
            fields.insert("responseIndex".into(), json!(index));
        }
        self.say(event, &payload).await?;
        Ok(index)
    }

    /// Sends an event.
    pub(super) async fn say(&self, event: &str, payload: &impl Serialize) -> Result<(), TestError> {
        let what = || format!("{} could not send `{event}`", self.who);
        let packet = format!("42{}", json!([event, payload]));
        match timeout(self.test.patience, self.post(&packet)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => {
                let heard = self.inbox.told();
                Err(TestError::Closed(format!("{}: {why}; {heard}", what())))
            }
            Err(_) => Err(TestError::TimedOut(format!(
                "{} within {:?}",
                what(),
                self.test.patience
            ))),
        }
    }

    /// Waits for something as long as the test has patience. `what` says what, for people.
    pub(super) async fn wait<T>(
        &self,
        what: impl FnOnce() -> String,
        coming: impl Future<Output = Result<T, Ended>>,
    ) -> Result<T, TestError> {
        let patience = self.test.patience;
        let who = &self.who;
        match timeout(patience, coming).await {
            Ok(Ok(come)) => Ok(come),
            Ok(Err(Ended(why))) => Err(TestError::Closed(format!(
                "{who} waited for {}, but its connection is closed: {why}; {}",
                what(),
                self.inbox.told()
            ))),
            Err(_) => Err(TestError::TimedOut(format!(
                "{who} waited {patience:?} for {}; {}",
                what(),
                self.inbox.told()
            ))),
        }
    }

    /// Waits for an event of a name.
    pub(super) async fn event(
        &self,
        what: impl FnOnce() -> String,
        name: &str,
    ) -> Result<Value, TestError> {
        let coming = self
            .inbox
            .take(|events| first(events, |event| event.name == name));
        self.wait(what, coming).await
    }

    /// Closes it, and waits until no more is heard.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.polling.wait().await;
    }

    async fn post(&self, packet: &str) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        let cookie = self.cookie.as_ref();
        let answer = call(&self.test, Method::POST, &self.path, cookie, packet).await;
        answer.map(drop)
    }
}

/// Hears until the connection closes.
async fn poll(link: Arc<Link>) {
    loop {
        let poll = call(
            &link.test,
            Method::GET,
            &link.path,
            link.cookie.as_ref(),
            "",
        );
        let polled = tokio::select! {
            biased;
            () = link.closing.cancelled() => {
                // As a browser does whose page goes.
                let _ = link.post("1").await;
                return link.inbox.end("the test closed it");
            }
            polled = poll => polled,
        };
        let packets = match polled {
            Ok(packets) => packets,
            Err(why) => return link.inbox.end(why),
        };
        for packet in packets.split(SEPARATOR) {
            if !hear(&link, packet).await {
                return;
            }
        }
    }
}

/// Hears one packet; `false` when it was the last one.
async fn hear(link: &Link, packet: &str) -> bool {
    let name = |name: &str, payload: &str| {
        let payload = serde_json::from_str(payload).unwrap_or_default();
        let name = name.to_owned();
        Event { name, payload }
    };
    let event = if packet == "2" {
        // A server that takes no answer says so to the next poll.
        let _ = link.post("3").await;
        return true;
    } else if let Some(payload) = packet.strip_prefix("42") {
        match serde_json::from_str(payload) {
            Ok((name, payload)) => Event { name, payload },
            Err(error) => {
                link.inbox.end(format!("{payload} is no event: {error}"));
                return false;
            }
        }
    } else if let Some(payload) = packet.strip_prefix("40") {
        name(CONNECTED, payload)
    } else if let Some(payload) = packet.strip_prefix("44") {
        name(NOT_CONNECTED, payload)
    } else if packet == "41" || packet == "1" {
        link.inbox.end("the server closed it");
        return false;
    } else {
        // One that says nothing, such as the last of a session.
        return true;
    };
    link.inbox.add(event)
}

/// Calls the server as a request to it would, and gives the body of its answer, or why there is none.
async fn call(
    test: &TestServer,
    method: Method,
    path: &str,
    cookie: Option<&HeaderValue>,
    body: &str,
) -> Result<String, String> {
    let mut request = Request::builder().method(method.clone()).uri(path);
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let request = request
        .body(Body::from(body.to_owned()))
        .map_err(|error| error.to_string())?;
    let Ok(answer) = EngineIo(test.server.clone()).call(request).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await;
    let body = body.map_err(|error| error.to_string())?;
    let body = String::from_utf8_lossy(&body).into_owned();
    match status {
        StatusCode::OK => Ok(body),
        // What a session is answered that is gone.
        StatusCode::BAD_REQUEST => Err("the server closed it".into()),
        _ => Err(format!(
            "the server answered a {method} with {status} {body}"
        )),
    }
}

/// The session that the first answer opens: `0{"sid":"...",...}`.
fn session_of(opened: &str) -> Option<String> {
    let opened: Value = serde_json::from_str(opened.strip_prefix('0')?).ok()?;
    opened["sid"].as_str().map(Into::into)
}

/// The cookie that a browser sends back for a `Set-Cookie` header.
pub(super) fn sent_back(set_cookie: &HeaderValue) -> Option<HeaderValue> {
    let pair = set_cookie.as_bytes().split(|byte| *byte == b';').next()?;
    let mut cookie = HeaderValue::from_bytes(pair).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

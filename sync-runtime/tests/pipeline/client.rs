//! A Socket.IO client that polls, without a network: its requests are calls of the router.

use std::{collections::VecDeque, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header, request::Builder},
};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};
use tower::ServiceExt;

const PATH: &str = "/socket.io/?EIO=4&transport=polling";
/// What Engine.IO puts between the packets of one poll.
const SEPARATOR: char = '\u{1e}';

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connected client.
pub struct Client {
    router: Router,
    cookie: String,
    accept_language: String,
    sid: String,
    /// What the server calls its socket.
    pub id: String,
    heard: VecDeque<(String, Value)>,
    next_index: u64,
}

impl Client {
    pub async fn connect(router: &Router, cookie: &str) -> Self {
        Self::connect_reading(router, cookie, "").await
    }

    /// Connects as a browser set to these languages does.
    pub async fn connect_reading(router: &Router, cookie: &str, accept_language: &str) -> Self {
        let mut client = Self::new(router, cookie, accept_language);
        let answer = client.open().await;
        let connected = answer.strip_prefix("40").expect("a connection");
        let connected: Value = serde_json::from_str(connected).expect("an object");
        client.id = connected["sid"].as_str().expect("an id").to_owned();
        client
    }

    /// Asks to be connected and gives the answer.
    pub async fn knock(router: &Router, cookie: &str) -> String {
        let mut client = Self::new(router, cookie, "");
        let answer = timeout(PATIENCE, client.open()).await;
        answer.expect("an answer")
    }

    fn new(router: &Router, cookie: &str, accept_language: &str) -> Self {
        Self {
            router: router.clone(),
            cookie: cookie.into(),
            accept_language: accept_language.into(),
            sid: String::new(),
            id: String::new(),
            heard: VecDeque::new(),
            next_index: 0,
        }
    }

    /// Opens a session, asks to be connected and gives the answer.
    async fn open(&mut self) -> String {
        let opened = self.get().await;
        let opened: Value = serde_json::from_str(&opened[1..]).expect("a handshake");
        self.sid = opened["sid"].as_str().expect("a session id").to_owned();
        self.ask_to_connect().await
    }

    async fn ask_to_connect(&self) -> String {
        self.post("40").await;
        loop {
            // A ping can come before it.
            let poll = self.get().await;
            let mut packets = poll.split(SEPARATOR);
            if let Some(answer) =
                packets.find(|packet| packet.starts_with("40") || packet.starts_with("44"))
            {
                return answer.to_owned();
            }
        }
    }

    /// Makes a room operation and gives its answer.
    pub async fn room(&mut self, event: &str, room: &str) -> Value {
        let index = self.index();
        self.emit(event, &json!({ "group": room, "responseIndex": index }))
            .await;
        self.hear(&format!("{event}-{index}")).await
    }

    /// Makes a request and gives its answer.
    pub async fn request(&mut self, route: &str, room: &str, data: Value) -> Value {
        let index = self.begin(route, room, data).await;
        self.hear(&format!("sync-{index}")).await
    }

    /// Makes a request and gives the index that it is answered on.
    pub async fn begin(&mut self, route: &str, room: &str, data: Value) -> u64 {
        self.begin_with(route, room, data, json!({})).await
    }

    /// Makes a request with more fields than usual, and gives the index that it is answered on.
    pub async fn begin_with(&mut self, route: &str, room: &str, data: Value, more: Value) -> u64 {
        let index = self.index();
        let mut packet = json!({
            "name": format!("sync/{route}"),
            "cb": route,
            "data": data,
            "receiver": room,
            "responseIndex": index,
        });
        if let (Some(packet), Value::Object(more)) = (packet.as_object_mut(), more) {
            packet.extend(more);
        }
        self.emit("sync", &packet).await;
        index
    }

    pub async fn emit(&self, event: &str, payload: &Value) {
        self.post(&format!("42{}", json!([event, payload]))).await;
    }

    /// The next packet of an event; what comes before it stays to be heard.
    pub async fn hear(&mut self, event: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.heard.iter().position(|(heard, _)| heard == event);
            if let Some((_, payload)) = found.and_then(|index| self.heard.remove(index)) {
                return payload;
            }
            self.poll(event, deadline).await;
        }
    }

    /// Hears what has come, or waits for something to come.
    async fn poll(&mut self, wanted: &str, deadline: Instant) {
        let poll = timeout_at(deadline, self.get()).await;
        let poll = poll.unwrap_or_else(|_| panic!("no `{wanted}` among {:?}", self.heard));
        for packet in poll
            .split(SEPARATOR)
            .filter_map(|packet| packet.strip_prefix("42"))
        {
            let event: (String, Value) = serde_json::from_str(packet).expect("an event");
            self.heard.push_back(event);
        }
    }

    /// Tells in which rooms it is.
    pub async fn list(&mut self) -> Value {
        let index = self.index();
        self.emit("getJoinedRooms", &json!({ "responseIndex": index }))
            .await;
        self.hear(&format!("getJoinedRooms-{index}")).await
    }

    /// Resumes rooms and gives the answer.
    pub async fn resume(&mut self, rooms: &Value) -> Value {
        let index = self.ask_to_resume(rooms).await;
        self.hear(&format!("resume-{index}")).await
    }

    /// Resumes rooms and gives the index that this is answered on.
    pub async fn ask_to_resume(&mut self, rooms: &Value) -> u64 {
        let index = self.index();
        let packet = json!({ "rooms": rooms, "responseIndex": index });
        self.emit("resume", &packet).await;
        index
    }

    /// Leaves as a client does that closes.
    pub async fn close(self) {
        self.post("1").await;
    }

    /// Whether an event has come that was not heard yet.
    pub fn has_heard(&self, event: &str) -> bool {
        self.heard.iter().any(|(heard, _)| heard == event)
    }

    /// Hears until a delivery comes; that and all others stay to be heard.
    pub async fn hear_delivery(&mut self, wanted: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !self.deliveries().into_iter().any(&wanted) {
            self.poll("the delivery", deadline).await;
        }
    }

    /// The deliveries heard so far, which are not heard again.
    pub fn take_deliveries(&mut self) -> Vec<Value> {
        self.take("sync")
    }

    /// What was heard of an event so far, which is not heard again.
    pub fn take(&mut self, wanted: &str) -> Vec<Value> {
        let heard = std::mem::take(&mut self.heard);
        let (taken, rest): (VecDeque<_>, _) =
            heard.into_iter().partition(|(event, _)| event == wanted);
        self.heard = rest;
        taken.into_iter().map(|(_, payload)| payload).collect()
    }

    /// The deliveries heard so far.
    pub fn deliveries(&self) -> Vec<&Value> {
        let deliveries = self.heard.iter().filter(|(event, _)| event == "sync");
        deliveries.map(|(_, payload)| payload).collect()
    }

    /// Leaves the namespace and asks to be in it again on the same transport; gives the answer.
    pub async fn connect_again(&mut self) -> String {
        self.post("41").await;
        self.ask_to_connect().await
    }

    /// Sends the body of a poll, of any kind, and gives the status of the answer.
    pub async fn post_body(&self, body: Body) -> u16 {
        let request = self.request_to("POST").body(body).expect("a request");
        call(&self.router, request).await.status().as_u16()
    }

    /// Closes the connection.
    pub async fn leave(self) {
        self.post("41").await;
    }

    fn index(&mut self) -> u64 {
        self.next_index += 1;
        self.next_index
    }

    async fn get(&self) -> String {
        let request = self
            .request_to("GET")
            .body(Body::empty())
            .expect("a request");
        let answer = call(&self.router, request).await;
        // Of a connection that is gone nothing will ever be heard.
        assert_eq!(answer.status(), StatusCode::OK, "the connection was closed");
        text(answer).await
    }

    async fn post(&self, packet: &str) {
        let request = self.request_to("POST").body(Body::from(packet.to_owned()));
        let answer = text(call(&self.router, request.expect("a request")).await).await;
        assert_eq!(answer, "ok");
    }

    fn request_to(&self, method: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(format!("{PATH}&sid={}", self.sid).trim_end_matches("&sid="))
            .header(header::COOKIE, &self.cookie)
            .header(header::ACCEPT_LANGUAGE, &self.accept_language)
    }
}

/// Posts a request to a route over HTTP, and gives the status and the body.
pub async fn post(router: &Router, path: &str, cookie: &str, body: &Value) -> (u16, String) {
    post_with(router, path, &[("cookie", cookie)], body).await
}

/// As [`post`], with headers.
pub async fn post_with(
    router: &Router,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, String) {
    send(router, path, headers, Body::from(body.to_string())).await
}

/// As [`post`], with a body of any kind.
pub async fn post_body(router: &Router, path: &str, cookie: &str, body: Body) -> (u16, String) {
    send(router, path, &[("cookie", cookie)], body).await
}

/// Asks for a web socket, and gives the status of the answer.
pub async fn ask_for_web_socket(router: &Router, headers: &[(&str, &str)]) -> u16 {
    let request = Request::get("/socket.io/?EIO=4&transport=websocket");
    let request = with_headers(request, headers).body(Body::empty());
    let answer = call(router, request.expect("a request")).await;
    answer.status().as_u16()
}

async fn send(router: &Router, path: &str, headers: &[(&str, &str)], body: Body) -> (u16, String) {
    let request = with_headers(Request::post(path), headers)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body);
    let answer = call(router, request.expect("a request")).await;
    (answer.status().as_u16(), text(answer).await)
}

/// Posts a request to a route over HTTP, and gives the events that come of it.
pub async fn post_for_events(
    router: &Router,
    path: &str,
    cookie: &str,
    body: &Value,
) -> Vec<(String, Value)> {
    let (status, body) = post(router, &format!("{path}?stream=true"), cookie, body).await;
    assert_eq!(status, 200);
    let events = body.split("\n\n").filter_map(|event| {
        let (event, data) = event.strip_prefix("event: ")?.split_once("\ndata: ")?;
        Some((event.to_owned(), serde_json::from_str(data).ok()?))
    });
    events.collect()
}

fn with_headers(request: Builder, headers: &[(&str, &str)]) -> Builder {
    let headers = headers.iter();
    headers.fold(request, |request, &(name, value)| {
        request.header(name, value)
    })
}

async fn call(router: &Router, request: Request<Body>) -> Response<Body> {
    router
        .clone()
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {})
}

async fn text(answer: Response<Body>) -> String {
    let bytes = to_bytes(answer.into_body(), usize::MAX)
        .await
        .expect("a body");
    String::from_utf8(bytes.into()).expect("text")
}

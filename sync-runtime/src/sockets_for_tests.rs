//! Real servers on port 0, and clients that a test makes read, or not.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use serde_json::Value;
use socketioxide::socket::Sid;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{
    App, Config, Hooks, Routes, Sessions, SyncServer, SyncServerBuilder, connection::Connection,
    hooks::OnSlowConsumer, outgoing::Reached, room::RoomCode, server::Server,
    session::conformance::User,
};

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The app of these tests.
#[derive(Clone)]
pub(crate) struct State;

impl App for State {
    type User = User;
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) router: Router,
    pub(crate) server: Arc<Server>,
    /// What the hook was told.
    pub(crate) slow: Arc<Mutex<Vec<OnSlowConsumer>>>,
}

/// A server without routes.
pub(crate) async fn serve(config: Config) -> Running {
    let sessions = Sessions::<User>::in_memory();
    let sync = SyncServer::builder(State, Routes::new(), sessions);
    serve_built(sync.config(config)).await
}

pub(crate) async fn serve_built(sync: SyncServerBuilder) -> Running {
    let slow = Arc::new(Mutex::new(Vec::new()));
    let told = slow.clone();
    let hooks = Hooks::new().on(move |event: OnSlowConsumer| {
        told.lock().push(event);
        std::future::ready(())
    });
    let sync = sync.hooks(hooks).build().expect("good settings");
    let router: Router = sync.mount(Router::new());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(axum::serve(listener, router.clone()).into_future());
    Running {
        address,
        router,
        server: sync.server.clone(),
        slow,
    }
}

impl Running {
    /// Makes a client's connection a member of the room of these tests.
    pub(crate) fn join(&self, client: &Client) -> Arc<Connection> {
        let connection = self.connection(client.id);
        self.server.rooms.join(&connection, &room());
        connection
    }

    pub(crate) fn connection(&self, id: Sid) -> Arc<Connection> {
        let socket = self.server.io.get_socket(id).expect("a socket");
        socket.extensions.get().expect("a connection")
    }

    pub(crate) fn emit(&self, data: &Value) -> Reached {
        self.server.emit_to_room(&room(), None, "event", data)
    }
}

pub(crate) fn room() -> RoomCode {
    RoomCode::parse("room").expect("a room name")
}

/// A client on a web socket.
pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
    pub(crate) id: Sid,
}

impl Client {
    pub(crate) async fn connect(to: &Running) -> Self {
        let socket = open(to, "").await;
        let mut client = Self {
            socket,
            id: Sid::ZERO,
        };
        client.say("40").await;
        let connected = loop {
            let packet = client.packet().await.expect("an open connection");
            if let Some(connected) = packet.strip_prefix("40") {
                break connected.to_owned();
            }
        };
        let connected: Value = serde_json::from_str(&connected).expect("JSON");
        client.id = connected["sid"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        client
    }

    pub(crate) async fn say(&mut self, packet: &str) {
        let packet = Message::text(packet.to_owned());
        self.socket.send(packet).await.expect("an open connection");
    }

    /// The next packet, or none at the end.
    pub(crate) async fn packet(&mut self) -> Option<String> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await;
            match message.expect("a packet or an end in time")? {
                Ok(Message::Text(packet)) if packet.as_str() == "2" => self.say("3").await,
                Ok(Message::Text(packet)) => return Some(packet.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next event, or none at the end.
    pub(crate) async fn event(&mut self) -> Option<(String, Value)> {
        loop {
            let packet = self.packet().await?;
            if let Some(event) = packet.strip_prefix("42") {
                return Some(serde_json::from_str(event).expect("an event"));
            }
        }
    }

    /// All events until the end.
    pub(crate) async fn all(&mut self) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        while let Some(event) = self.event().await {
            events.push(event);
        }
        events
    }
}

/// Opens a web socket; its client takes little more than it reads.
async fn open(to: &Running, query: &str) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(256 * 1024).expect("a size");
    let stream = socket.connect(to.address).await.expect("a connection");
    let url = format!(
        "ws://{}/socket.io/?EIO=4&transport=websocket{query}",
        to.address
    );
    client_async(url, stream).await.expect("a web socket").0
}

/// Polls, or posts a body.
pub(crate) async fn http(to: &Running, query: &str, body: Option<&str>) -> String {
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.unwrap_or_default();
    let request = format!(
        "{method} /socket.io/?EIO=4&transport=polling{query} HTTP/1.0\r\nhost: {}\r\ncontent-length: {}\r\n\r\n{body}",
        to.address,
        body.len()
    );
    let mut stream = TcpStream::connect(to.address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer.split_once("\r\n\r\n").expect("HTTP").1.to_owned()
}

/// Connects by polling.
pub(crate) async fn poll(to: &Running) -> Sid {
    let opened = http(to, "", None).await;
    let opened: Value = serde_json::from_str(&opened[1..]).expect("a handshake");
    let id = opened["sid"].as_str().and_then(|id| id.parse().ok());
    let id: Sid = id.expect("an id");
    http(to, &format!("&sid={id}"), Some("40")).await;
    until("connected", || to.server.io.get_socket(id).is_some()).await;
    id
}

/// Goes over from polling to a web socket.
pub(crate) async fn upgrade(to: &Running, id: Sid) -> Client {
    let mut socket = open(to, &format!("&sid={id}")).await;
    socket.send(Message::text("2probe")).await.expect("sent");
    let probed = socket.next().await.expect("open").expect("a frame");
    assert_eq!(probed, Message::text("3probe"));
    socket.send(Message::text("5")).await.expect("sent");
    Client { socket, id }
}

pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(5)).await;
    }
}

//! Real servers on port 0, and a client that speaks as much Engine.IO as it takes.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::Router;
use http::HeaderMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::{Server, end_those_over};
use crate::{
    App, Failure, Hooks, OpenedSession, Routes, Sessions, SyncServer,
    hooks::OnSocketConnect,
    session::conformance::{User, user},
};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
struct State;

impl App for State {
    type User = User;
}

struct Running {
    address: SocketAddr,
    server: std::sync::Arc<Server>,
}

async fn serve(sessions: &Sessions<User>) -> Running {
    serve_with(sessions, Hooks::new()).await
}

async fn serve_with(sessions: &Sessions<User>, hooks: Hooks) -> Running {
    let sync = SyncServer::builder(State, Routes::new(), sessions.clone());
    let sync = sync.hooks(hooks).build().expect("good settings");
    let app: Router = sync.mount(Router::new());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(axum::serve(listener, app).into_future());
    Running {
        address,
        server: sync.server.clone(),
    }
}

/// The answer's status and body.
async fn send(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    // Version 1.0: the answer ends with the connection.
    let own = [
        ("host", &*to.to_string()),
        ("content-length", &*body.len().to_string()),
    ];
    let lines = own.iter().chain(headers);
    let lines: Vec<_> = lines
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let lines = lines.join("\r\n");
    let request = format!("{method} {path} HTTP/1.0\r\n{lines}\r\n\r\n{body}");
    let exchange = async {
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(PATIENCE, exchange).await;
    let answer = answer.expect("an answer in time").expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).expect("a status");
    (status.parse().expect("a status"), body.into())
}

/// A Socket.IO client that polls.
struct Client {
    address: SocketAddr,
    path: String,
    packets: VecDeque<String>,
}

impl Client {
    /// Connects; the first packet says whether it was let in.
    async fn connect(to: &Running, headers: &[(&str, &str)], greeting: &str) -> Self {
        let path = "/socket.io/?EIO=4&transport=polling";
        let (status, opened) = send(to.address, "GET", path, headers, "").await;
        assert_eq!(status, 200, "{opened}");
        let opened: serde_json::Value =
            serde_json::from_str(opened.trim_start_matches('0')).expect("a handshake");
        let id = opened["sid"].as_str().expect("an id");
        let client = Self {
            address: to.address,
            path: format!("{path}&sid={id}"),
            packets: VecDeque::new(),
        };
        client.say(&format!("0{greeting}")).await;
        client
    }

    /// Connects with a session's cookie.
    async fn of(to: &Running, session: &OpenedSession) -> Self {
        let mut client = Self::connect(to, &[("cookie", &cookie(session))], "").await;
        client.expect_connected().await;
        client
    }

    /// Sends a Socket.IO packet.
    async fn say(&self, packet: &str) {
        let body = format!("4{packet}");
        let (status, answer) = send(self.address, "POST", &self.path, &[], &body).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// The next Socket.IO packet.
    async fn hear(&mut self) -> String {
        loop {
            while let Some(packet) = self.packets.pop_front() {
                if let Some(packet) = packet.strip_prefix('4') {
                    return packet.into();
                }
            }
            let (status, packets) = send(self.address, "GET", &self.path, &[], "").await;
            assert_eq!(status, 200, "{packets}");
            self.packets = packets.split('\u{1e}').map(Into::into).collect();
        }
    }

    async fn expect_connected(&mut self) {
        let packet = self.hear().await;
        assert!(packet.starts_with("0{\"sid\""), "{packet}");
    }

    async fn expect_refused(&mut self) {
        let packet = self.hear().await;
        assert!(packet.starts_with("4{\"message\""), "{packet}");
    }

    /// Hears that its session is over and then that it is disconnected, and nothing in between.
    async fn expect_ended(&mut self, reason: &str) {
        let event = format!("2[\"sync-session-ended\",{{\"reason\":\"{reason}\"}}]");
        assert_eq!(self.hear().await, event);
        assert_eq!(self.hear().await, "1");
    }

    /// Joins a room, and tells whether it could: only a connection with a session can.
    async fn joins(&mut self) -> bool {
        self.say("2[\"joinRoom\",{\"group\":\"r\",\"responseIndex\":1}]")
            .await;
        let answer = self.hear().await;
        let joined = "2[\"joinRoom-1\",{\"rooms\":[\"r\"]}]";
        assert!(
            answer == joined || answer.contains("session.notFound"),
            "{answer}"
        );
        answer == joined
    }
}

fn cookie(session: &OpenedSession) -> String {
    let cookie = session.set_cookie(&HeaderMap::new()).expect("a cookie");
    let cookie = cookie.to_str().expect("a readable cookie");
    cookie.split(';').next().unwrap_or_default().into()
}

fn headers_of(session: &OpenedSession) -> HeaderMap {
    let cookie = cookie(session).parse().expect("a header");
    HeaderMap::from_iter([(http::header::COOKIE, cookie)])
}

#[tokio::test]
async fn all_connections_of_a_session_hear_why_it_ended_and_are_closed() -> Result<(), Failure> {
    let sessions = Sessions::in_memory();
    let running = serve(&sessions).await;
    let revoked = sessions.open(user("ada")).await?;
    let closed = sessions.open(user("ada")).await?;
    let other = sessions.open(user("bob")).await?;
    let mut tabs = [
        Client::of(&running, &revoked).await,
        Client::of(&running, &revoked).await,
    ];
    let mut other_browser = Client::of(&running, &closed).await;
    let mut somebody = Client::of(&running, &other).await;
    assert!(tabs[0].joins().await);

    sessions.revoke(&revoked.key()).await?;
    for tab in &mut tabs {
        tab.expect_ended("revoked").await;
    }
    assert!(other_browser.joins().await);
    sessions.close(&headers_of(&closed)).await?;
    other_browser.expect_ended("loggedOut").await;
    assert!(somebody.joins().await);
    sessions.revoke_user("bob").await?;
    somebody.expect_ended("revoked").await;

    assert!(running.server.rooms.is_empty(&crate::RoomCode::parse("r")?));
    // Its client may come back, as nobody.
    let mut again = Client::of(&running, &revoked).await;
    assert!(!again.joins().await);
    Ok(())
}

#[tokio::test]
async fn a_silent_connection_is_closed_when_its_session_expires() -> Result<(), Failure> {
    let sessions = Sessions::in_memory().life(Duration::from_secs(1));
    let running = serve(&sessions).await;
    let began = Instant::now();
    let opened = sessions.open(user("ada")).await?;
    let mut client = Client::of(&running, &opened).await;
    let mut anonymous = Client::connect(&running, &[], "").await;
    anonymous.expect_connected().await;

    while running.server.by_session.is_connected(&opened.key()) {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
        end_those_over(&running.server).await;
    }
    assert!(began.elapsed() > Duration::from_millis(900));
    client.expect_ended("expired").await;
    assert!(!anonymous.joins().await);
    Ok(())
}

#[tokio::test]
async fn a_session_that_ends_during_the_handshake_ends_its_connection() -> Result<(), Failure> {
    let sessions = Sessions::in_memory();
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let (go, gone) = tokio::sync::watch::channel(false);
    let hooks = Hooks::new().on(move |_: OnSocketConnect| {
        let (arrived, mut gone) = (arrived.clone(), gone.clone());
        async move {
            let _ = arrived.send(());
            let _ = gone.wait_for(|gone| *gone).await;
        }
    });
    let running = serve_with(&sessions, hooks).await;
    let opened = sessions.open(user("ada")).await?;
    let mut client = Client::connect(&running, &[("cookie", &cookie(&opened))], "").await;
    arrivals.recv().await;
    sessions.revoke(&opened.key()).await?;
    // The end has been noted for the connection before it goes on.
    let began = Instant::now();
    while !running.server.by_session.is_ending(&opened.key()) {
        assert!(began.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    let _ = go.send(true);
    client.expect_connected().await;
    client.expect_ended("revoked").await;
    Ok(())
}

#[tokio::test]
async fn a_bearer_token_is_a_login_where_it_is_turned_on_and_nothing_where_it_is_not()
-> Result<(), Failure> {
    let sessions = Sessions::in_memory().bearer(true);
    let opened = sessions.open(user("ada")).await?;
    let token = opened.reveal_bearer_token().expect("bearer mode");
    let greeting = format!("{{\"token\":\"{token}\"}}");
    let header = format!("Bearer {token}");
    let ways: [(&[(&str, &str)], &str); 2] =
        [(&[], &greeting), (&[("authorization", &header)], "")];
    for (headers, greeting) in ways {
        for (bearer, expected) in [(true, true), (false, false)] {
            let running = serve(&sessions.clone().bearer(bearer)).await;
            let mut client = Client::connect(&running, headers, greeting).await;
            client.expect_connected().await;
            assert_eq!(client.joins().await, expected, "{greeting}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_greeting_that_is_none_makes_an_anonymous_connection() {
    let running = serve(&Sessions::in_memory().bearer(true)).await;
    for greeting in [
        "[]",
        "{\"token\":1}",
        "{\"token\":null}",
        "\"x\"",
        "{}",
        "7",
    ] {
        let mut client = Client::connect(&running, &[], greeting).await;
        client.expect_connected().await;
        assert!(!client.joins().await, "{greeting}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_needs_a_bearer_token_that_lives() -> Result<(), Failure> {
    const ORIGIN: (&str, &str) = ("origin", "https://elsewhere.example");
    let sessions = Sessions::in_memory().bearer(true);
    let running = serve(&sessions).await;
    let opened = sessions.open(user("ada")).await?;
    let token = opened.reveal_bearer_token().expect("bearer mode");

    let cookie = cookie(&opened);
    let refused: [(&[(&str, &str)], &str); 3] = [
        (&[ORIGIN, ("cookie", &cookie)], ""),
        (&[ORIGIN, ("cookie", &cookie)], "{\"token\":\"unknown\"}"),
        (&[ORIGIN], ""),
    ];
    for (headers, greeting) in refused {
        let mut client = Client::connect(&running, headers, greeting).await;
        client.expect_refused().await;
    }
    let greeting = format!("{{\"token\":\"{token}\"}}");
    let mut client = Client::connect(&running, &[ORIGIN], &greeting).await;
    client.expect_connected().await;
    assert!(client.joins().await);

    let header = format!("Bearer {token}");
    let ways: [(&[(&str, &str)], u16); 4] = [
        (&[("cookie", &cookie)], 403),
        (
            &[("authorization", "Bearer unknown"), ("cookie", &cookie)],
            403,
        ),
        (&[], 403),
        // Let in, to a route that is not there.
        (&[("authorization", &header)], 404),
    ];
    for (credentials, expected) in ways {
        let mut headers = vec![ORIGIN, ("content-type", "application/json")];
        headers.extend(credentials);
        let body = "{\"data\":{},\"receiver\":\"r\"}";
        let (status, answer) = send(running.address, "POST", "/sync/a/b/v1", &headers, body).await;
        assert_eq!(status, expected, "{credentials:?}: {answer}");
    }
    Ok(())
}

#[cfg(feature = "redis")]
mod with_redis {
    use super::*;
    use crate::session::redis::server_for_tests::RedisServer;

    #[tokio::test]
    async fn a_session_that_one_node_ends_ends_its_connections_on_another() -> Result<(), Failure> {
        let redis = RedisServer::start().await;
        let here = Sessions::new(redis.store().await);
        let there = Sessions::new(redis.store().await);
        let running = serve(&here).await;
        let opened = there.open(user("ada")).await?;
        let mut client = Client::of(&running, &opened).await;
        assert!(client.joins().await);
        there.revoke_user("ada").await?;
        client.expect_ended("revoked").await;

        let opened = there.open(user("ada")).await?;
        let mut client = Client::of(&running, &opened).await;
        there.close(&headers_of(&opened)).await?;
        client.expect_ended("loggedOut").await;
        Ok(())
    }

    #[tokio::test]
    async fn sessions_that_were_lost_with_redis_end_when_it_is_back_and_not_before()
    -> Result<(), Failure> {
        let redis = RedisServer::start().await;
        let store = redis.store().await.timeout(Duration::from_millis(300));
        let sessions = Sessions::new(store);
        let running = serve(&sessions).await;
        let opened = sessions.open(user("ada")).await?;
        let mut client = Client::of(&running, &opened).await;
        let port = redis.port;
        drop(redis);

        let cookie = cookie(&opened);
        let mut refused = Client::connect(&running, &[("cookie", &cookie)], "").await;
        refused.expect_refused().await;
        let mut anonymous = Client::connect(&running, &[], "").await;
        anonymous.expect_connected().await;
        client
            .say("2[\"joinRoom\",{\"group\":\"r\",\"responseIndex\":1}]")
            .await;
        let answer = client.hear().await;
        assert!(answer.contains("sync.serverExecutionFailed"), "{answer}");

        let _redis = RedisServer::start_at(port).await;
        client.expect_ended("expired").await;
        Ok(())
    }
}

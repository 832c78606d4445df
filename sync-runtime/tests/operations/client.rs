//! A Socket.IO client that polls.

use serde_json::{Value, json};

/// What stands between the packets of a poll.
const SEPARATOR: char = '\u{1e}';

pub struct Client {
    http: reqwest::Client,
    session: String,
    /// Its Socket.IO id, which is also the name of the room that it has for itself.
    pub id: String,
}

impl Client {
    pub async fn connect(url: &str) -> Self {
        let http = reqwest::Client::new();
        let socket_io = format!("{url}/socket.io/?EIO=4&transport=polling");
        let opened = http.get(&socket_io).send().await.expect("an answer");
        let opened = opened.text().await.expect("a body");
        let opened: Value = serde_json::from_str(&opened[1..]).expect("an open packet");
        let session = format!("{socket_io}&sid={}", opened["sid"].as_str().expect("a sid"));
        let mut client = Self {
            http,
            session,
            id: String::new(),
        };
        client.send("40").await;
        let connected = loop {
            // A ping can come before it.
            let packets = client.poll().await.expect("a poll");
            let mut packets = packets.iter();
            if let Some(connected) = packets.find_map(|packet| packet.strip_prefix("40")) {
                break connected.to_owned();
            }
        };
        let connected: Value = serde_json::from_str(&connected).expect("JSON");
        client.id = connected["sid"].as_str().expect("an id").into();
        client
    }

    async fn send(&self, packet: &str) {
        let sent = self.http.post(&self.session).body(packet.to_owned());
        assert_eq!(sent.send().await.expect("an answer").status(), 200);
    }

    /// The next packets, or the status with which the session turned out to be over.
    pub async fn poll(&self) -> Result<Vec<String>, u16> {
        let polled = self
            .http
            .get(&self.session)
            .send()
            .await
            .expect("an answer");
        if polled.status() != 200 {
            return Err(polled.status().as_u16());
        }
        let body = polled.text().await.expect("a body");
        Ok(body.split(SEPARATOR).map(str::to_owned).collect())
    }

    /// Sends a request to the client's own room.
    pub async fn request(&self, route: &str, data: Value) {
        let request = json!(["sync", {
            "name": format!("sync/{route}"), "cb": route, "data": data, "receiver": self.id, "responseIndex": 1,
        }]);
        self.send(&format!("42{request}")).await;
    }

    /// The answer to the request.
    pub async fn answer(&self) -> Value {
        loop {
            let packets = self.poll().await.expect("a session");
            for packet in packets {
                if let Some(answer) = packet.strip_prefix(r#"42["sync-1","#) {
                    return serde_json::from_str(answer.trim_end_matches(']')).expect("JSON");
                }
            }
        }
    }
}

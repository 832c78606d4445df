//! What an app relies on of routes with history.

mod app;
mod idle;
mod model;
mod resume;

use serde_json::{Value, json};

use self::app::{patient, server, server_with};
use crate::{app::Server, client::Client};

const SAY: &str = "log/say/v1";
const SHAPED: &str = "log/shaped/v1";
const ROOM: &str = "room";

/// A connection that has joined the room, and from where it can be resumed.
async fn member(server: &Server, name: &str) -> (Client, String) {
    let mut client = Client::connect(&server.router, &server.log_in(name).await).await;
    let joined = client.room("joinRoom", ROOM).await;
    assert_eq!(joined["rooms"], json!([ROOM]));
    let offset = text(&joined["offsets"][ROOM]);
    (client, offset)
}

/// Says something in the room, and gives the place that it has in the order.
async fn say(client: &mut Client, route: &str, said: &str) -> String {
    let data = json!({ "text": said, "pauses": 0, "wait": 0 });
    let data = if route == SHAPED {
        data
    } else {
        json!({ "text": said })
    };
    let answer = client.request(route, ROOM, data).await;
    assert_eq!(answer["status"], "success", "{answer}");
    let delivery = client.hear("sync").await;
    assert_eq!(heard(&delivery), said);
    assert_eq!(delivery["room"], ROOM);
    text(&delivery["offset"])
}

fn heard(delivery: &Value) -> &str {
    delivery["serverOutput"]["text"]
        .as_str()
        .unwrap_or_default()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .into()
}

fn epoch(offset: &str) -> &str {
    offset.split(':').next().unwrap_or_default()
}

fn number(offset: &str) -> u64 {
    let number = offset.split(':').nth(1).and_then(|text| text.parse().ok());
    number.unwrap_or_else(|| panic!("no offset: {offset}"))
}

//! Errors, and what handlers say, in the languages of those who hear it.

use serde_json::{Value, json};
use sync_runtime::Messages;

use crate::{
    app::Server,
    client::{Client, post_with},
};

fn server() -> Server {
    Server::saying(
        Messages::new()
            .add(
                "nl",
                [
                    ("sync.invalidRequest", "Dit is geen verzoek."),
                    ("sync.notRoomMember", "U bent niet in deze ruimte."),
                    ("sync.clientExecutionFailed", "Er ging iets mis."),
                    ("room.joinBlocked", "Deze ruimte is gesloten."),
                    ("test.laneFull", "Er passen hoogstens {maxCards} kaarten."),
                    ("test.spy", "Spionnen horen niets."),
                    ("test.broken", "Het is stuk."),
                ],
            )
            .add("de", [("test.broken", "Es ist kaputt.")]),
    )
}

async fn member(server: &Server, name: &str, languages: &str) -> Client {
    let cookie = server.log_in(name).await;
    let mut client = Client::connect_reading(&server.router, &cookie, languages).await;
    client.room("joinRoom", "room").await;
    client
}

#[tokio::test]
async fn errors_are_answered_in_the_language_of_the_handshake() {
    let server = server();
    let mut jan = member(&server, "jan", "nl-BE,en;q=0.5").await;
    let full = jan
        .request("test/fails/v1", "room", json!({ "full": true }))
        .await;
    assert_eq!(full["message"], "Er passen hoogstens 7 kaarten.");
    assert_eq!(full["errorCode"], "test.laneFull");
    let elsewhere = jan.request("test/echo/v1", "other", json!({})).await;
    assert_eq!(elsewhere["message"], "U bent niet in deze ruimte.");
    let unknown = jan.request("test/unknown/v1", "room", json!({})).await;
    assert_eq!(unknown["message"], "There is no such route.");

    jan.emit("sync", &json!([])).await;
    assert_eq!(jan.hear("sync").await["message"], "Dit is geen verzoek.");
    let closed = jan.room("joinRoom", "all").await;
    assert_eq!(closed["message"], "Deze ruimte is gesloten.");

    let mut ada = member(&server, "ada", "en, nl;q=0.5").await;
    let full = ada
        .request("test/fails/v1", "room", json!({ "full": true }))
        .await;
    assert_eq!(full["message"], "At most 7 cards fit.");
}

#[tokio::test]
async fn each_recipient_hears_in_its_own_language_why_it_hears_nothing() {
    let server = server();
    let mut ada = member(&server, "ada", "en").await;
    let mut spy = member(&server, "spy", "nl").await;
    let mut clumsy = member(&server, "clumsy", "nl").await;
    let secret = json!({ "owner": "ada" });
    ada.request("test/shaped/v1", "room", secret).await;
    assert_eq!(spy.hear("sync").await["message"], "Spionnen horen niets.");
    assert_eq!(clumsy.hear("sync").await["message"], "Er ging iets mis.");
}

#[tokio::test]
async fn a_failure_that_all_recipients_share_is_heard_by_each_in_its_own_language() {
    let server = server();
    let mut ada = member(&server, "ada", "en").await;
    let mut others = Vec::new();
    for (name, languages) in [("jan", "nl"), ("piet", "nl-BE"), ("uwe", "de"), ("eve", "")] {
        others.push(member(&server, name, languages).await);
    }
    ada.request("test/broken/v1", "room", json!({})).await;
    others.push(ada);
    let mut heard = Vec::new();
    for client in &mut others {
        let failure = client.hear("sync").await;
        assert_eq!(failure["errorCode"], "test.broken");
        assert_eq!(failure["fullName"], "sync/test/broken/v1");
        heard.push(failure["message"].clone());
    }
    let (nl, de, en) = ("Het is stuk.", "Es ist kaputt.", "It is broken.");
    assert_eq!(heard, [nl, nl, de, en, en]);
}

#[tokio::test]
async fn over_http_the_headers_count_and_then_the_sessions_language() {
    let server = server();
    let cookie = server.log_in_speaking("jan", Some("nl")).await;
    let request = json!({ "data": {}, "receiver": "room" });
    let ask = async |headers: &[(&str, &str)], body: &Value| {
        let mut all = vec![("cookie", &*cookie)];
        all.extend(headers);
        let (_, answer) = post_with(&server.router, "/sync/test/echo/v1", &all, body).await;
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["message"].as_str().expect("a message").to_owned()
    };
    let (nl, en) = (
        "U bent niet in deze ruimte.",
        "Join the room before sending to it.",
    );
    assert_eq!(ask(&[], &request).await, nl);
    assert_eq!(ask(&[("accept-language", "fr")], &request).await, nl);
    assert_eq!(ask(&[("accept-language", "en")], &request).await, en);
    let both = [("accept-language", "en"), ("x-language", "nl")];
    assert_eq!(ask(&both, &request).await, nl);
    // Refused before anything is known of it.
    assert_eq!(ask(&[], &json!([])).await, "Dit is geen verzoek.");
}

#[tokio::test]
async fn handlers_know_in_which_language_to_speak() {
    let server = server();
    let mut ada = member(&server, "ada", "en-GB,fr;q=0.9").await;
    let cookie = server.log_in_speaking("jan", Some("nl")).await;
    let mut jan = Client::connect_reading(&server.router, &cookie, "").await;
    jan.room("joinRoom", "room").await;

    let greeting = ada.request("test/greets/v1", "room", json!({})).await;
    assert_eq!(greeting["result"]["languages"], "en-GB fr en");
    for (client, languages) in [(&mut ada, "en-GB fr en"), (&mut jan, "nl en")] {
        let delivery = client.hear("sync").await;
        assert_eq!(delivery["serverOutput"]["languages"], "en-GB fr en");
        assert_eq!(delivery["clientOutput"]["languages"], languages);
    }
}

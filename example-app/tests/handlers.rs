//! The handlers of the board and the chat, with clients in this process.

use example_app::assistant::Assistant;
use example_app::board::BoardId;
use example_app::chat::LOBBY;
use example_app::server::Server;
use serde_json::json;
use sync_runtime::testing::{Refused, TestClient, TestServer};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The app with a new database, which it forgets when it is dropped.
struct App {
    server: Server,
    test: TestServer,
    _data: tempfile::TempDir,
}

impl App {
    async fn start() -> Result<Self> {
        let data = tempfile::tempdir()?;
        let (db, web) = (data.path().join("data"), data.path().join("web"));
        let server = Server::new(db, web, None, Assistant::local()).await?;
        Ok(Self {
            test: TestServer::new(server.sync()),
            server,
            _data: data,
        })
    }

    /// Somebody with an account, in a room.
    async fn member(&self, name: &str, room: &str) -> Result<TestClient> {
        let accounts = &self.server.state().accounts;
        let user = accounts.register(name, "correct horse".to_owned()).await?;
        let client = self.test.connect(user).await?;
        client.join(room).await?;
        Ok(client)
    }
}

/// Makes a card, of which both hear.
async fn card(owner: &TestClient, other: &TestClient, room: &str) -> Result<String> {
    let input = json!({ "title": "Lanterns", "laneId": "ideas", "privateNotes": "only for Ada" });
    let card = owner.request("board/createCard/v1", room, input).await?;
    for client in [owner, other] {
        let heard = client.hear("board/createCard/v1").await?;
        assert_eq!(heard.server_output, card);
        assert!(!card.to_string().contains("only for Ada"), "{card}");
    }
    Ok(card["id"].as_str().ok_or("no id")?.to_owned())
}

#[tokio::test]
async fn the_private_notes_of_a_card_reach_its_owner_and_nobody_else() -> Result {
    let (app, room) = (App::start().await?, BoardId::demo().room());
    let (ada, ben) = (
        app.member("Ada", &room).await?,
        app.member("Ben", &room).await?,
    );
    let card = card(&ada, &ben, &room).await?;
    let shown = ben.request("board/showCard/v1", &room, json!({ "cardId": card }));
    assert_eq!(shown.await?["shownByName"], "Ben");
    let notes = ada.hear("board/showCard/v1").await?.client_output;
    assert_eq!(notes, json!({ "privateNotes": "only for Ada" }));
    let heard = ben.hear("board/showCard/v1").await?;
    assert_eq!(heard.client_output, json!({}));
    Ok(())
}

#[tokio::test]
async fn what_is_refused_is_heard_by_nobody() -> Result {
    let (app, room) = (App::start().await?, BoardId::demo().room());
    let (ada, ben) = (
        app.member("Ada", &room).await?,
        app.member("Ben", &room).await?,
    );
    let card = card(&ada, &ben, &room).await?;
    let edit = |title: &str| json!({ "cardId": card, "title": title, "privateNotes": "" });
    let edited = ben.request("board/editCard/v1", &room, edit("Mine"));
    let refused = Refused::of(edited.await)?;
    assert_eq!((&*refused.code, refused.status), ("board.notYourCard", 403));
    let edited = ada.request("board/editCard/v1", &room, edit(" \n "));
    assert_eq!(Refused::of(edited.await)?.code, "sync.invalidInputType");
    let moved = json!({ "cardId": card, "toLane": "nowhere" });
    let moved = ben.request("board/moveCard/v2", &room, moved);
    assert_eq!(Refused::of(moved.await)?.code, "board.laneNotFound");
    ada.hears_nothing().await?;
    ben.hears_nothing().await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_of_the_assistant_is_heard_by_all_until_who_asked_cancels_it() -> Result {
    let app = App::start().await?;
    let (ada, ben) = (
        app.member("Ada", LOBBY).await?,
        app.member("Ben", LOBBY).await?,
    );
    let question = json!({ "text": "Write a plan, please." });
    let asked = ada.request("chat/sendMessage/v1", LOBBY, question);
    let asked = asked.begin().await?;
    let piece = ben.hear_stream("chat/sendMessage/v1").await?;
    let piece = piece["chunk"].as_str().ok_or("no chunk")?;
    assert!(piece.starts_with("Ada, "), "{piece}");
    asked.cancel().await?;
    assert_eq!(Refused::of(asked.output().await)?.code, "request.aborted");
    Ok(())
}

#[tokio::test]
async fn there_is_no_chat_but_in_the_lobby() -> Result {
    let (app, room) = (App::start().await?, BoardId::demo().room());
    let ada = app.member("Ada", &room).await?;
    ada.join(LOBBY).await?;
    let refused = Refused::of(ada.join("chat:attic").await)?;
    assert_eq!(refused.code, "room.joinBlocked");
    let question = json!({ "text": "Is anybody here?" });
    let refused = ada.request("chat/sendMessage/v1", &room, question);
    assert_eq!(Refused::of(refused.await)?.code, "chat.notAChat");
    Ok(())
}

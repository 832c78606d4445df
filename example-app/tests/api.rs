//! The JSON API over real connections: accounts, sessions, the board and the chat.

use std::time::{Duration, Instant};

use example_app::assistant::Assistant;
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A server on a free port with a new database. Dropped, it stops and forgets everything.
struct App {
    url: String,
    client: Client,
    data: tempfile::TempDir,
    _stop: DropGuard,
}

struct Answer {
    status: StatusCode,
    cookie: Option<String>,
    body: Value,
}

impl App {
    async fn start() -> Result<Self> {
        let data = tempfile::tempdir()?;
        let web = data.path().join("web");
        std::fs::create_dir_all(web.join("assets"))?;
        std::fs::write(web.join("index.html"), "<title>board</title>")?;
        std::fs::write(web.join("assets/app.js"), "1")?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = example_app::server::Server::new(
            data.path().join("data"),
            web,
            None,
            Assistant::local(),
        )
        .await?;
        let stop = CancellationToken::new();
        tokio::spawn(server.run(listener, stop.clone()));
        Ok(Self {
            url,
            client: Client::new(),
            data,
            _stop: stop.drop_guard(),
        })
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).json(body)
    }

    async fn register(&self, name: &str, password: &str) -> Result<Answer> {
        let body = json!({ "name": name, "password": password });
        answer(self.post("/auth/register", &body)).await
    }

    async fn log_in(&self, name: &str, password: &str) -> Result<Answer> {
        let body = json!({ "name": name, "password": password });
        answer(self.post("/auth/login", &body)).await
    }

    async fn session(&self, cookie: &str) -> Result<Value> {
        let answer = answer(self.get("/auth/session").header(COOKIE, cookie)).await?;
        Ok(answer.body["user"].clone())
    }
}

async fn answer(request: RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let status = response.status();
    let cookie = response.headers().get(SET_COOKIE);
    let cookie = cookie.map(|c| c.to_str().map(str::to_owned)).transpose()?;
    let body = response.json().await?;
    Ok(Answer {
        status,
        cookie,
        body,
    })
}

/// The `name=value` of a `Set-Cookie` header, as a browser sends it back.
fn sent_back(answer: &Answer) -> Result<String> {
    let cookie = answer.cookie.as_deref().ok_or("no cookie")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn registering_logs_in_with_a_cookie_scripts_cannot_read() -> Result {
    let app = App::start().await?;
    let made = app.register("Ada", "correct horse").await?;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.body["user"]["name"], "Ada");
    let cookie = made.cookie.as_deref().unwrap_or_default();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert_eq!(app.session(&sent_back(&made)?).await?, made.body["user"]);
    Ok(())
}

#[tokio::test]
async fn a_name_is_one_account_however_its_letters_are_cased() -> Result {
    let app = App::start().await?;
    let first = app.register("Ada", "correct horse").await?;
    let second = app.register("aDA", "another horse").await?;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert_eq!(second.body["errorCode"], "auth.nameTaken");
    assert!(second.cookie.is_none());
    let back = app.log_in("ADA", "correct horse").await?;
    assert_eq!(back.status, StatusCode::OK);
    assert_eq!(back.body["user"], first.body["user"]);
    Ok(())
}

#[tokio::test]
async fn names_and_passwords_outside_the_rules_are_refused_with_their_code() -> Result {
    let app = App::start().await?;
    let long = "x".repeat(129);
    for (name, password, code) in [
        ("", "correct horse", "auth.invalidName"),
        ("<script>", "correct horse", "auth.invalidName"),
        ("Ada", "short", "auth.invalidPassword"),
        ("Ada", &long, "auth.invalidPassword"),
    ] {
        let refused = app.register(name, password).await?;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{name} {password}");
        assert_eq!(refused.body["errorCode"], code);
    }
    Ok(())
}

#[tokio::test]
async fn a_failed_login_does_not_tell_whether_the_user_exists() -> Result {
    let app = App::start().await?;
    app.register("Ada", "correct horse").await?;
    // The first login also pays for waking up the hashing threads.
    app.log_in("Ada", "wrong horse").await?;

    let mut wrong_times = Vec::new();
    let mut unknown_times = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        let wrong = app.log_in("Ada", "wrong horse").await?;
        wrong_times.push(started.elapsed());
        let started = Instant::now();
        let unknown = app.log_in("Nobody", "wrong horse").await?;
        unknown_times.push(started.elapsed());
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        assert_eq!(wrong.body["errorCode"], "auth.invalidCredentials");
        assert_eq!((wrong.status, wrong.body), (unknown.status, unknown.body));
    }
    // Without the decoy the unknown name answers in a hundredth of the time.
    let (wrong, unknown) = (median(wrong_times), median(unknown_times));
    assert!(
        unknown > wrong / 3,
        "{unknown:?} for nobody, {wrong:?} for a wrong password"
    );
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test]
async fn nobody_can_log_in_as_the_owner_of_the_demo_cards() -> Result {
    let app = App::start().await?;
    for password in ["", "password", "board-guide"] {
        let refused = app.log_in("Board guide", password).await?;
        assert_eq!(refused.body["errorCode"], "auth.invalidCredentials");
    }
    Ok(())
}

#[tokio::test]
async fn logging_out_ends_the_session_and_not_only_the_cookie() -> Result {
    let app = App::start().await?;
    let cookie = sent_back(&app.register("Ada", "correct horse").await?)?;
    let out = answer(app.post("/auth/logout", &json!({})).header(COOKIE, &cookie)).await?;
    assert_eq!(out.status, StatusCode::OK);
    assert!(out.cookie.unwrap_or_default().contains("Max-Age=0"));
    assert_eq!(app.session(&cookie).await?, Value::Null);
    Ok(())
}

#[tokio::test]
async fn logging_in_again_ends_the_browsers_earlier_session() -> Result {
    let app = App::start().await?;
    app.register("Ada", "correct horse").await?;
    let before = sent_back(&app.register("Lin", "correct horse").await?)?;
    let body = json!({ "name": "Ada", "password": "correct horse" });
    let after = answer(app.post("/auth/login", &body).header(COOKIE, &before)).await?;
    assert_eq!(app.session(&before).await?, Value::Null);
    assert_eq!(app.session(&sent_back(&after)?).await?["name"], "Ada");
    Ok(())
}

#[tokio::test]
async fn requests_that_a_page_of_another_site_could_send_are_refused() -> Result {
    let app = App::start().await?;
    let body = json!({ "name": "Ada", "password": "correct horse" });
    let foreign = app.post("/auth/register", &body);
    let refused = answer(foreign.header(ORIGIN, "http://evil.example")).await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.body["errorCode"], "request.crossOrigin");

    let form = app.client.post(format!("{}/auth/register", app.url));
    let form = form
        .header(CONTENT_TYPE, "text/plain")
        .body(body.to_string());
    let refused = answer(form).await?;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let own = app.post("/auth/register", &body).header(ORIGIN, &app.url);
    assert_eq!(answer(own).await?.status, StatusCode::CREATED);
    Ok(())
}

#[tokio::test]
async fn bodies_of_any_shape_get_an_error_in_the_same_form() -> Result {
    let app = App::start().await?;
    let many = "x".repeat(20_000);
    for (body, status) in [
        (json!(null), StatusCode::BAD_REQUEST),
        (json!([]), StatusCode::BAD_REQUEST),
        (
            json!({ "name": 1, "password": {} }),
            StatusCode::BAD_REQUEST,
        ),
        (json!({ "name": "Ada" }), StatusCode::BAD_REQUEST),
        (
            json!({ "name": "Ada", "password": "correct horse", "admin": true }),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({ "name": many, "password": "x" }),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        let refused = answer(app.post("/auth/register", &body)).await?;
        assert_eq!(refused.status, status, "{body}");
        assert!(refused.body["errorCode"].is_string() && refused.body["message"].is_string());
    }
    let lost = answer(app.get("/api/boards")).await?;
    assert_eq!(
        (lost.status, &lost.body["errorCode"]),
        (StatusCode::NOT_FOUND, &json!("request.notFound"))
    );
    let wrong = answer(app.get("/auth/login")).await?;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.body["errorCode"], "request.methodNotAllowed");
    Ok(())
}

#[tokio::test]
async fn the_board_is_for_those_who_are_logged_in() -> Result {
    let app = App::start().await?;
    let refused = answer(app.get("/api/board")).await?;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.body["errorCode"], "auth.required");

    let cookie = sent_back(&app.register("Ada", "correct horse").await?)?;
    let board = answer(app.get("/api/board").header(COOKIE, &cookie)).await?;
    assert_eq!(board.status, StatusCode::OK);
    assert_eq!(board.body["room"], "board:demo");
    let lanes = board.body["lanes"].as_array().ok_or("lanes")?;
    let cards = board.body["cards"].as_array().ok_or("cards")?;
    assert!(lanes.len() >= 2 && !cards.is_empty());
    for card in cards {
        let keys: Vec<_> = card.as_object().ok_or("card")?.keys().collect();
        assert_eq!(keys, ["id", "laneId", "ownerId", "ownerName", "title"]);
        assert!(lanes.iter().any(|lane| lane["id"] == card["laneId"]));
    }
    Ok(())
}

#[tokio::test]
async fn the_chat_is_for_those_who_are_logged_in() -> Result {
    let app = App::start().await?;
    let refused = answer(app.get("/api/chat")).await?;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.body["errorCode"], "auth.required");

    let cookie = sent_back(&app.register("Ada", "correct horse").await?)?;
    let chat = answer(app.get("/api/chat").header(COOKIE, &cookie)).await?;
    assert_eq!(chat.status, StatusCode::OK);
    let empty = json!({ "room": "chat:lobby", "messages": [], "answering": null });
    assert_eq!(chat.body, empty);
    Ok(())
}

#[tokio::test]
async fn accounts_outlive_a_restart() -> Result {
    let app = App::start().await?;
    app.register("Ada", "correct horse").await?;
    let web = app.data.path().join("web");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let again = example_app::server::Server::new(
        app.data.path().join("data"),
        web,
        None,
        Assistant::local(),
    )
    .await?;
    let stop = CancellationToken::new();
    let running = tokio::spawn(again.run(listener, stop.clone()));
    let body = json!({ "name": "Ada", "password": "correct horse" });
    let back = answer(app.client.post(format!("{url}/auth/login")).json(&body)).await?;
    assert_eq!(back.status, StatusCode::OK);
    stop.cancel();
    running.await??;
    Ok(())
}

#[tokio::test]
async fn every_path_of_the_front_end_gets_its_page_and_a_missing_script_does_not() -> Result {
    let app = App::start().await?;
    for path in ["/", "/login"] {
        let page = app.get(path).send().await?;
        assert_eq!(page.headers()["cache-control"], "no-cache");
        assert!(page.headers().contains_key("content-security-policy"));
        assert!(page.text().await?.contains("<title>board"));
    }
    let script = app.get("/assets/app.js").send().await?;
    assert!(
        script.headers()["cache-control"]
            .to_str()?
            .contains("immutable")
    );
    let missing = app.get("/assets/gone.js").send().await?;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let outside = app.get("/..%2fdata%2fboard.db").send().await?;
    assert!(!outside.text().await?.contains("SQLite"));
    Ok(())
}

//! A board, with a route for each thing that tests of an app look at.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_runtime::{
    App, Config, Hooks, Publisher, RouteId, Routes, SessionUser, Sessions, SyncServer,
    codegen::route, testing::TestServer,
};
use tokio::sync::Notify;

pub const MOVE: RouteId<move_card::__SyncHandler, for_each::__SyncHandler> =
    route("board/moveCard", 1);
pub const RENAME: RouteId<rename::__SyncHandler> = route("board/rename", 1);
pub const LOGGED: RouteId<logged::__SyncHandler> = route("board/logged", 1);
pub const SLOW: RouteId<slow_server::__SyncHandler, slow_client::__SyncHandler> =
    route("board/slow", 1);
pub const SLOW_LOGGED: RouteId<slow_logged::__SyncHandler, slow_client::__SyncHandler> =
    route("board/slowLogged", 1);
pub const COUNT: RouteId<count::__SyncHandler> = route("stream/count", 1);
pub const SAY: RouteId<say::__SyncHandler> = route("stream/say", 1);
pub const SPELL: RouteId<spell_server::__SyncHandler, spell_client::__SyncHandler> =
    route("stream/spell", 1);
pub const ENDLESS: RouteId<endless::__SyncHandler> = route("stream/endless", 1);

fn routes() -> Routes<AppState> {
    Routes::new()
        .pair(MOVE)
        .server(RENAME)
        .server(LOGGED)
        .pair(SLOW)
        .pair(SLOW_LOGGED)
        .server(COUNT)
        .server(SAY)
        .pair(SPELL)
        .server(ENDLESS)
}

#[derive(Debug, Clone, Default, FromRef)]
pub struct AppState {
    pub go_on: Arc<Notify>,
    pub publisher: Publisher,
}

impl App for AppState {
    type User = User;
}

#[derive(Debug, Serialize, Deserialize)]
pub struct User {
    pub name: String,
}

impl SessionUser for User {
    fn user_id(&self) -> &str {
        &self.name
    }
}

pub fn user(name: &str) -> User {
    User { name: name.into() }
}

pub struct Board {
    pub sync: SyncServer,
    pub sessions: Sessions<User>,
    pub state: AppState,
    pub test: TestServer,
}

pub fn board() -> Board {
    board_with(Hooks::new())
}

pub fn board_with(hooks: Hooks) -> Board {
    let (sessions, state) = (Sessions::in_memory(), AppState::default());
    let config = Config {
        explain_invalid_input: true,
        presence_grace: Duration::from_millis(20),
        ..Config::default()
    };
    let sync = SyncServer::builder(state.clone(), routes(), sessions.clone())
        .publisher(&state.publisher)
        .presence(|user: &User| json!({ "name": user.name }))
        .config(config)
        .hooks(hooks)
        .build()
        .expect("good settings");
    Board {
        test: TestServer::new(&sync),
        sync,
        sessions,
        state,
    }
}

pub mod move_card {
    use garde::Validate;
    use sync_runtime::prelude::*;

    use super::User;

    #[derive(Deserialize, TS, Validate)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct MoveCard {
        #[garde(length(min = 1, max = 8))]
        card_id: String,
        #[garde(skip)]
        to_lane: String,
    }

    #[derive(Serialize, Deserialize, TS)]
    #[serde(rename_all = "camelCase")]
    pub struct CardMoved {
        card_id: String,
        to_lane: String,
        moved_by: String,
    }

    #[derive(Debug, SyncError)]
    pub enum MoveCardError {
        #[sync_error(
            code = "board.laneFull",
            status = 409,
            message = "At most {max_cards} cards fit."
        )]
        LaneFull { max_cards: u32 },
    }

    #[sync_handler(auth = login)]
    pub async fn main(
        Valid(card): Valid<MoveCard>,
        user: Session<User>,
    ) -> Result<CardMoved, MoveCardError> {
        if card.to_lane == "full" {
            return Err(MoveCardError::LaneFull { max_cards: 7 });
        }
        Ok(CardMoved {
            card_id: card.card_id,
            to_lane: card.to_lane,
            moved_by: user.name.clone(),
        })
    }
}

pub mod for_each {
    use sync_runtime::prelude::*;

    use super::{User, move_card::CardMoved};

    #[derive(Serialize, TS)]
    pub struct ForYou {
        greeting: String,
    }

    #[sync_handler]
    pub async fn main(_: ServerOutput<CardMoved>, user: Recipient<User>) -> Deliver<ForYou> {
        match user.name.as_str() {
            "spy" => Deliver::Refuse,
            "deaf" => Deliver::Skip,
            name => Deliver::Send(ForYou {
                greeting: format!("Dear {name}"),
            }),
        }
    }
}

pub mod rename {
    use sync_runtime::prelude::*;

    use super::User;

    #[derive(Serialize, Deserialize, TS)]
    pub struct Title {
        pub title: String,
    }

    fn is_owner(user: Session<User>) -> bool {
        user.name == "ada"
    }

    #[sync_handler(auth = login(is_owner))]
    pub async fn main(Input(title): Input<Title>) -> Title {
        title
    }
}

pub mod logged {
    use sync_runtime::prelude::*;

    use super::rename::Title;

    #[sync_handler(auth = login, history)]
    pub async fn main(Input(title): Input<Title>) -> Title {
        title
    }
}

pub mod slow_server {
    use sync_runtime::prelude::*;

    #[derive(Serialize, Deserialize, TS)]
    pub struct Nothing {}

    #[sync_handler(auth = login)]
    pub async fn main() -> Nothing {
        Nothing {}
    }
}

pub mod slow_logged {
    use sync_runtime::prelude::*;

    use super::slow_server::Nothing;

    #[sync_handler(auth = login, history)]
    pub async fn main() -> Nothing {
        Nothing {}
    }
}

pub mod slow_client {
    use sync_runtime::prelude::*;

    use super::slow_server::Nothing;

    /// Takes its time, long after the request was answered.
    #[sync_handler]
    pub async fn main(_: ServerOutput<Nothing>) {
        for _ in 0..5_000 {
            tokio::task::yield_now().await;
        }
    }
}

pub mod count {
    use sync_runtime::prelude::*;

    #[derive(Deserialize, TS)]
    pub struct Count {
        to: u32,
    }

    #[derive(Serialize, TS)]
    pub struct Step {
        pub step: u32,
    }

    #[derive(Serialize, TS)]
    pub struct Counted {
        steps: u32,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(count): Input<Count>, steps: Stream<Step>) -> Counted {
        for step in 1..=count.to {
            steps.send(&Step { step });
        }
        Counted { steps: count.to }
    }
}

pub mod say {
    use sync_runtime::prelude::*;

    #[derive(Deserialize, TS)]
    pub struct Say {
        words: Vec<String>,
    }

    #[sync_handler(auth = login, replay)]
    pub async fn main(Input(say): Input<Say>, said: Broadcast<Chunk>) {
        for chunk in say.words {
            said.send(&Chunk { chunk });
        }
    }
}

pub mod spell_server {
    use sync_runtime::prelude::*;

    use super::rename::Title;

    #[sync_handler(auth = login)]
    pub async fn main(Input(title): Input<Title>) -> Title {
        title
    }
}

pub mod spell_client {
    use sync_runtime::prelude::*;

    use super::rename::Title;

    #[sync_handler]
    pub async fn main(title: ServerOutput<Title>, letters: Stream<Chunk>) {
        for letter in title.title.chars() {
            letters.send(&Chunk::from(letter.to_string()));
        }
    }
}

pub mod endless {
    use sync_runtime::prelude::*;

    use super::{AppState, count::Step};

    #[sync_handler(auth = login)]
    pub async fn main(steps: Stream<Step>, cancel: Cancel, State(app): State<AppState>) {
        tokio::spawn(async move {
            cancel.cancelled().await;
            app.go_on.notify_one();
        });
        steps.send(&Step { step: 1 });
        std::future::pending::<()>().await;
    }
}

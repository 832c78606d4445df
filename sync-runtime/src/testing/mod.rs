//! Tests of an app's handlers, in process: clients without a browser, a port or a network.
//!
//! With the feature `testing`, for an app's `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! sync-runtime = { version = "0.1", features = ["testing"] }
//! ```
//!
//! A [`TestServer`] is made of the app's own server. Its clients go the way that browsers go, over
//! Socket.IO, but for the network: with sessions, `auth`, memberships, rates, validation, hooks, handlers,
//! `_client` files and streams.
//!
//! ```
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize)] pub struct User { name: String }
//! # impl sync_runtime::SessionUser for User { fn user_id(&self) -> &str { &self.name } }
//! # #[derive(Clone)] pub struct AppState;
//! # impl sync_runtime::App for AppState { type User = User; }
//! # pub mod __sync { pub type App = super::AppState; }
//! # mod board_move_card_server_v1 {
//! #     use sync_runtime::prelude::*;
//! #     use super::User;
//! #     #[derive(Deserialize, TS)] #[serde(rename_all = "camelCase")] pub struct MoveCard { card_id: u32, to_lane: String }
//! #     #[derive(Serialize, Deserialize, TS)] #[serde(rename_all = "camelCase")]
//! #     pub struct CardMoved { card_id: u32, to_lane: String, moved_by: String }
//! #     #[derive(Debug, SyncError)]
//! #     pub enum MoveCardError {
//! #         /// There is no lane without a name.
//! #         #[sync_error(code = "board.laneNotFound", status = 404)] LaneNotFound,
//! #     }
//! #     #[sync_handler(auth = login)]
//! #     pub async fn main(Input(card): Input<MoveCard>, user: Session<User>) -> Result<CardMoved, MoveCardError> {
//! #         if card.to_lane.is_empty() { return Err(MoveCardError::LaneNotFound); }
//! #         Ok(CardMoved { card_id: card.card_id, to_lane: card.to_lane, moved_by: user.name.clone() })
//! #     }
//! # }
//! # mod board_move_card_client_v1 {
//! #     use sync_runtime::prelude::*;
//! #     use super::{User, board_move_card_server_v1::CardMoved};
//! #     #[derive(Serialize, TS)] pub struct ForYou { yours: bool }
//! #     #[sync_handler]
//! #     pub async fn main(_: ServerOutput<CardMoved>, user: Recipient<User>) -> ForYou { ForYou { yours: user.name == "ada" } }
//! # }
//! # mod sync_routes {
//! #     pub fn routes() -> sync_runtime::Routes<super::AppState> { sync_runtime::Routes::new().pair(board::move_card::V1) }
//! #     pub(crate) mod board { pub(crate) mod move_card {
//! #         pub(crate) const V1: sync_runtime::codegen::RouteId<v1::server::__SyncHandler, v1::client::__SyncHandler> =
//! #             sync_runtime::codegen::route("board/moveCard", 1);
//! #         pub(crate) mod v1 {
//! #             pub(crate) use crate::board_move_card_server_v1 as server;
//! #             pub(crate) use crate::board_move_card_client_v1 as client;
//! #         }
//! #     } }
//! # }
//! use serde_json::json;
//! use sync_runtime::{Sessions, SyncServer, testing::{Refused, TestServer}};
//!
//! use crate::sync_routes::board::move_card;
//!
//! # // A documentation test is no test of its own: here it is a function, which is called.
//! # mod tokio { pub use ::tokio::{main as test, *}; }
//! # fn main() { a_moved_card_is_heard_by_the_others().unwrap() }
//! #[tokio::test]
//! async fn a_moved_card_is_heard_by_the_others() -> Result<(), Box<dyn std::error::Error>> {
//!     let sync = SyncServer::builder(AppState, sync_routes::routes(), Sessions::in_memory()).build()?;
//!     let test = TestServer::new(&sync);
//!     let ada = test.connect(User { name: "ada".into() }).await?;
//!     let bob = test.connect(User { name: "bob".into() }).await?;
//!     ada.join("board:demo").await?;
//!     bob.join("board:demo").await?;
//!
//!     let done = json!({ "cardId": 7, "toLane": "done" });
//!     let moved = ada.request(move_card::V1, "board:demo", done).ignore_self().await?;
//!     assert_eq!(moved["movedBy"], "ada");
//!     let heard = bob.hear(move_card::V1).await?;
//!     assert_eq!(heard.server_output, moved);
//!     assert_eq!(heard.client_output, json!({ "yours": false }));
//!     ada.hears_nothing().await?;
//!
//!     let nowhere = json!({ "cardId": 7, "toLane": "" });
//!     let refused = Refused::of(ada.request(move_card::V1, "board:demo", nowhere).await)?;
//!     assert_eq!(refused.code, "board.laneNotFound");
//!     bob.hears_nothing().await?;
//!     Ok(())
//! }
//! ```
//!
//! # What is said and heard
//! Inputs are anything that serde writes, [`json!`](serde_json::json) among it: the types of inputs need not
//! be `Serialize`, and their fields can stay private. Outputs are [`Value`](serde_json::Value)s, without the
//! `status` that the protocol adds. Of one that implements `Deserialize`, `serde_json::from_value` makes it
//! again.
//!
//! Routes are named as the build found them, `sync_routes::board::move_card::V1`, which misspelled do not
//! compile. Those constants are the crate's own: tests in `tests/` write `"board/moveCard/v1"`.
//!
//! # Waiting
//! Everything is waited for as long as [`TestServer::patience`] says, 5 seconds by default, and no longer. A
//! [`TestError`] says what was waited for and what came instead. Nothing is slept through:
//! [`TestClient::hears_nothing`] knows when nothing can come any more.

mod client;
mod error;
mod heard;
mod inbox;
mod link;
mod quiet;
mod request;
mod route;

use std::{any::Any, fmt, sync::Arc, time::Duration};

use parking_lot::Mutex;

pub use self::{
    client::TestClient,
    error::{Refused, TestError},
    heard::Heard,
    request::{Begun, TestRequest},
    route::TestRoute,
};
use self::{link::Link, quiet::Watched};
use crate::{SessionUser, SyncServer, server::Server};

/// How long a test waits for anything, unless it says otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// An app's server as tests see it; see the [module](self).
///
/// It serves the test's clients as long as one of them is there, also when the [`SyncServer`] is dropped.
#[derive(Clone)]
pub struct TestServer {
    server: Arc<Server>,
    watched: Arc<Mutex<Watched>>,
    patience: Duration,
}

impl TestServer {
    /// A server whose clients are the test's.
    pub fn new(sync: &SyncServer) -> Self {
        Self {
            server: sync.server.clone(),
            watched: Arc::default(),
            patience: PATIENCE,
        }
    }

    /// Sets how long clients that connect from now on wait for anything, 5 seconds by default.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Opens a session for a user, and connects in it. Each call is a session of its own; for another
    /// connection of the same one there is [`TestClient::connect_again`].
    ///
    /// # Errors
    /// When the app's sessions hold another type of user or cannot be opened, or the server refuses the
    /// connection.
    pub async fn connect<U: SessionUser>(&self, user: U) -> Result<TestClient, TestError> {
        let who = user.user_id().to_owned();
        let user: Box<dyn Any + Send + Sync> = Box::new(user);
        let opened = self.server.sessions.open_any(user).await;
        let opened = opened.map_err(|failure| {
            TestError::Closed(format!("no session could be opened for {who}: {failure}"))
        })?;
        let Some(set_cookie) = opened else {
            let problem = format!(
                "{who} is a `{}`: the sessions of this server hold other users",
                std::any::type_name::<U>()
            );
            return Err(TestError::Misused(problem));
        };
        Link::open(self, who, link::sent_back(&set_cookie)).await
    }

    /// Connects somebody who is not logged in.
    ///
    /// # Errors
    /// When the server refuses the connection.
    pub async fn connect_anonymous(&self) -> Result<TestClient, TestError> {
        Link::open(self, "the visitor".into(), None).await
    }
}

impl fmt::Debug for TestServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestServer")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

//! A collaborative board with a chat: what an app built on `sync-runtime` looks like.
//!
//! The realtime routes are the handler files in the `_sync` folders; everything else here is an
//! ordinary axum server with accounts, a JSON API and a database.

// The handler files are private modules; what they call `pub` is for their `_client` files and for
// their readers.
#![allow(unreachable_pub)]
// A handler is async, also when it waits for nothing.
#![allow(clippy::unused_async)]

pub mod accounts;
pub mod assistant;
pub mod board;
pub mod chat;
pub mod db;
pub mod http;
pub mod messages;
pub mod metrics;
pub mod options;
pub mod server;

use axum::extract::FromRef;
use sync_runtime::Sessions;

use accounts::{Accounts, User};
use assistant::Assistant;
use chat::Answers;
use db::Db;

/// What the handlers, of events and of HTTP requests alike, may ask for as `State`.
#[derive(Clone, Debug, FromRef)]
pub struct AppState {
    /// The board, the chat and the accounts on disk.
    pub db: Db,
    /// Registering and logging in.
    pub accounts: Accounts,
    /// Who is logged in.
    pub sessions: Sessions<User>,
    /// Answers in the chat.
    pub assistant: Assistant,
    /// What it is answering now.
    pub answers: Answers,
}

impl sync_runtime::App for AppState {
    type User = User;
}

sync_runtime::include_routes!(crate::AppState);

//! The app whose handler files the tests are: its state, and the user that its sessions hold.

use serde::{Deserialize, Serialize};
use sync_runtime::{App, FromRef, Session, SessionUser};

#[derive(Clone)]
pub struct Db;

#[derive(Clone)]
pub struct AppState {
    pub db: Db,
}

impl FromRef<AppState> for Db {
    fn from_ref(state: &AppState) -> Self {
        state.db.clone()
    }
}

impl App for AppState {
    type User = User;
}

#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    pub id: String,
}

impl SessionUser for User {
    fn user_id(&self) -> &str {
        &self.id
    }
}

/// A predicate from elsewhere in the app.
pub fn is_known(user: Session<User>) -> bool {
    !user.id.is_empty()
}

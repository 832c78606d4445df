//! How those who watch a room hear of it.

use std::sync::{Arc, Weak};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::here::News;
use crate::{Failure, connection::Connection, error::Refusal, room::RoomCode, server::Server};

const EVENT: &str = "sync-presence";

/// Somebody who is told.
#[derive(Clone)]
pub(crate) struct Watcher {
    pub(crate) server: Weak<Server>,
    pub(crate) connection: Arc<Connection>,
    /// The event that the first answer goes to.
    pub(crate) answer_on: Arc<str>,
}

/// Who is here.
#[derive(Serialize)]
struct Users<'a> {
    users: Vec<&'a RawValue>,
}

/// What has changed since.
#[derive(Serialize)]
struct Changed<'a> {
    room: &'a RoomCode,
    joined: Vec<&'a RawValue>,
    left: Vec<&'a str>,
}

impl News<Watcher> {
    pub(super) fn tell(&self, room: &RoomCode) {
        if !self.changes.is_empty() && !self.watchers.is_empty() {
            let changed = Changed {
                room,
                joined: self.changes.joined.values().map(|user| &**user).collect(),
                left: self.changes.left.iter().map(|id| &**id).collect(),
            };
            tell(&self.watchers, |_| EVENT, &changed);
        }
        if !self.newcomers.is_empty() {
            let users = Users {
                users: self.users.iter().map(|user| &**user).collect(),
            };
            tell(&self.newcomers, |newcomer| &*newcomer.answer_on, &users);
        }
        for newcomer in &self.refused {
            newcomer.refuse(Refusal::TooLarge);
        }
    }
}

impl Watcher {
    fn refuse(&self, refusal: Refusal) {
        if let Some(server) = self.server.upgrade() {
            let failure = Failure::from(refusal);
            let failure = server
                .messages
                .translated(failure, self.connection.locale());
            server.emit(&self.connection, &self.answer_on, &failure.envelope());
        }
    }
}

/// Tells all of them the same, encoded once.
fn tell<'a>(watchers: &'a [Watcher], on: impl Fn(&'a Watcher) -> &'a str, what: &impl Serialize) {
    let what = match to_raw_value(what) {
        Ok(what) => what,
        Err(error) => {
            tracing::error!(%error, "who is present could not be written as JSON");
            return;
        }
    };
    for watcher in watchers {
        if let Some(server) = watcher.server.upgrade() {
            server.emit(&watcher.connection, on(watcher), &what);
        }
    }
}

//! Which connections of this node belong to which user.

use std::sync::Arc;

use dashmap::{DashMap, mapref::entry::Entry};

use super::Connection;

/// The connections of each user. A user is there as long as there is a connection of theirs.
#[derive(Default)]
pub(crate) struct ByUser(DashMap<Box<str>, Vec<Arc<Connection>>>);

impl ByUser {
    pub(crate) fn add(&self, connection: &Arc<Connection>) {
        if let Some(user) = connection.visitor().user_id() {
            let mut connections = self.0.entry(user.into()).or_default();
            connections.push(connection.clone());
        }
    }

    pub(crate) fn remove(&self, connection: &Connection) {
        let Some(user) = connection.visitor().user_id() else {
            return;
        };
        if let Entry::Occupied(mut connections) = self.0.entry(user.into()) {
            connections
                .get_mut()
                .retain(|other| other.id() != connection.id());
            if connections.get().is_empty() {
                connections.remove();
            }
        }
    }

    pub(crate) fn connections(&self, user: &str) -> Vec<Arc<Connection>> {
        let connections = self.0.get(user);
        connections.map_or_else(Vec::new, |connections| connections.clone())
    }
}

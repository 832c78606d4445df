//! Which connections of this node belong to which user.

use std::sync::Arc;

use dashmap::{DashMap, mapref::entry::Entry};

use super::Connection;
use crate::cluster::{Cluster, Topic};

/// The connections of each user. A user is there as long as there is a connection of theirs, and so
/// long this node hears what others say to them.
pub(crate) struct ByUser {
    users: DashMap<Box<str>, Vec<Arc<Connection>>>,
    cluster: Arc<dyn Cluster>,
}

impl ByUser {
    pub(crate) fn new(cluster: Arc<dyn Cluster>) -> Self {
        Self {
            users: DashMap::new(),
            cluster,
        }
    }

    pub(crate) fn add(&self, connection: &Arc<Connection>) {
        if let Some(user) = connection.visitor().user_id() {
            let mut connections = self.users.entry(user.into()).or_default();
            if connections.is_empty() {
                self.cluster.host(&Topic::User(user.into()));
            }
            connections.push(connection.clone());
        }
    }

    pub(crate) fn remove(&self, connection: &Connection) {
        let Some(user) = connection.visitor().user_id() else {
            return;
        };
        if let Entry::Occupied(mut connections) = self.users.entry(user.into()) {
            connections
                .get_mut()
                .retain(|other| other.id() != connection.id());
            if connections.get().is_empty() {
                connections.remove();
                self.cluster.give_up(&Topic::User(user.into()));
            }
        }
    }

    pub(crate) fn connections(&self, user: &str) -> Vec<Arc<Connection>> {
        let connections = self.users.get(user);
        connections.map_or_else(Vec::new, |connections| connections.clone())
    }
}

//! Which connections of this node belong to which session.

use std::{sync::Arc, time::Duration};

use dashmap::{DashMap, mapref::entry::Entry};
use socketioxide::socket::Sid;
use tokio::time::Instant;

use crate::{
    cluster::{Cluster, Topic},
    session::{EndReason, SessionKey},
};

/// The connections of each session, and when the session is due to end. A session is there as long
/// as it has a connection, and so long this node hears what others say to it.
pub(crate) struct BySession {
    sessions: DashMap<SessionKey, Connected>,
    cluster: Arc<dyn Cluster>,
}

#[derive(Default)]
struct Connected {
    /// With why the session is over, until they have been told.
    connections: Vec<(Sid, Option<EndReason>)>,
    /// Until when the session lives at least, as the store last said.
    lives_until: Option<Instant>,
}

impl BySession {
    pub(crate) fn new(cluster: Arc<dyn Cluster>) -> Self {
        Self {
            sessions: DashMap::new(),
            cluster,
        }
    }

    pub(crate) fn add(&self, key: &SessionKey, connection: Sid) {
        let mut session = self.sessions.entry(key.clone()).or_default();
        if session.connections.is_empty() {
            self.cluster.host(&Topic::Session(key.clone()));
        }
        session.connections.push((connection, None));
    }

    pub(crate) fn remove(&self, key: &SessionKey, connection: Sid) {
        self.take_if(key, |(id, _)| *id == connection);
    }

    /// The session's connections.
    pub(crate) fn connections(&self, key: &SessionKey) -> Vec<Sid> {
        let session = self.sessions.get(key);
        let ids = session.map(|session| session.connections.iter().map(|(id, _)| *id).collect());
        ids.unwrap_or_default()
    }

    /// Notes that a session is over, and gives back its connections, which are to be told.
    pub(crate) fn end(&self, key: &SessionKey, reason: EndReason) -> Vec<Sid> {
        let Some(mut session) = self.sessions.get_mut(key) else {
            return Vec::new();
        };
        session.lives_until = None;
        let connections = session.connections.iter_mut();
        connections
            .map(|(id, end)| {
                *end = Some(reason);
                *id
            })
            .collect()
    }

    /// Why a connection's session is over, if it is: for the one who tells it, once.
    pub(crate) fn take_end(&self, key: &SessionKey, connection: Sid) -> Option<EndReason> {
        self.take_if(key, |(id, end)| *id == connection && end.is_some())
    }

    fn take_if(
        &self,
        key: &SessionKey,
        is_it: impl FnMut(&(Sid, Option<EndReason>)) -> bool,
    ) -> Option<EndReason> {
        let Entry::Occupied(mut session) = self.sessions.entry(key.clone()) else {
            return None;
        };
        let connections = &mut session.get_mut().connections;
        let place = connections.iter().position(is_it)?;
        let (_, end) = connections.swap_remove(place);
        if connections.is_empty() {
            session.remove();
            self.cluster.give_up(&Topic::Session(key.clone()));
        }
        end
    }

    /// Whether a connection of the session is still to be told of its end.
    #[cfg(test)]
    pub(crate) fn is_ending(&self, key: &SessionKey) -> bool {
        let session = self.sessions.get(key);
        session.is_some_and(|session| session.connections.iter().any(|(_, end)| end.is_some()))
    }

    #[cfg(test)]
    pub(crate) fn is_connected(&self, key: &SessionKey) -> bool {
        self.sessions.contains_key(key)
    }

    /// Notes how long a session lives at least.
    pub(crate) fn lives_for(&self, key: &SessionKey, left: Duration) {
        if let Some(mut session) = self.sessions.get_mut(key) {
            session.lives_until = Instant::now().checked_add(left);
        }
    }

    /// Forgets until when the sessions live: all are due.
    pub(crate) fn doubt_all(&self) {
        for mut session in self.sessions.iter_mut() {
            session.lives_until = Some(Instant::now());
        }
    }

    /// The sessions that may be over by now.
    pub(crate) fn due(&self) -> Vec<SessionKey> {
        let now = Instant::now();
        let sessions = self.sessions.iter();
        sessions
            .filter(|session| session.lives_until.is_some_and(|until| until <= now))
            .map(|session| session.key().clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::Alone, session::Token};

    fn key(name: &str) -> SessionKey {
        Token::parse(name).expect("a plausible token").key()
    }

    #[test]
    fn all_connections_of_a_session_are_told_of_its_end_once_and_no_others_are() {
        let (a, b) = (key("a"), key("b"));
        let sessions = BySession::new(Arc::new(Alone));
        let (one, two, gone, other) = (Sid::new(), Sid::new(), Sid::new(), Sid::new());
        for (key, id) in [(&a, one), (&a, two), (&a, gone), (&b, other)] {
            sessions.add(key, id);
        }
        sessions.remove(&a, gone);
        assert_eq!(sessions.take_end(&a, one), None);

        let told = sessions.end(&a, EndReason::Revoked);
        assert_eq!(told.len(), 2);
        for id in told {
            assert!(id == one || id == two);
            assert_eq!(sessions.take_end(&a, id), Some(EndReason::Revoked));
            assert_eq!(sessions.take_end(&a, id), None);
        }
        assert_eq!(sessions.take_end(&b, other), None);
        sessions.remove(&b, other);
        assert!(sessions.sessions.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_due_when_its_time_is_up_and_not_before() {
        let (a, b) = (key("a"), key("b"));
        let sessions = BySession::new(Arc::new(Alone));
        sessions.add(&a, Sid::new());
        sessions.add(&b, Sid::new());
        assert_eq!(sessions.due(), []);
        sessions.lives_for(&a, Duration::from_secs(5));
        sessions.lives_for(&b, Duration::from_mins(1));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(sessions.due(), []);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(sessions.due(), [a]);
        sessions.doubt_all();
        assert_eq!(sessions.due().len(), 2);
    }
}

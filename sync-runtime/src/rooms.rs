//! Who is where: the members of each room on this node.

use std::{collections::HashMap, sync::Arc};

use dashmap::{DashMap, mapref::entry::Entry};
use socketioxide::socket::Sid;

use crate::{
    cluster::{Cluster, Topic},
    connection::Connection,
    room::RoomCode,
    session::SessionKey,
};

/// What a connection has become in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// It was in it already.
    Already,
    /// There is nobody else on this node.
    First,
    Another,
}

/// The members of each room. A room is there as long as somebody is in it.
///
/// What this node hears of the others changes under the same lock: the rooms that are here.
pub(crate) struct Rooms {
    members: DashMap<RoomCode, HashMap<Sid, Arc<Connection>>>,
    cluster: Arc<dyn Cluster>,
}

impl Rooms {
    pub(crate) fn new(cluster: Arc<dyn Cluster>) -> Self {
        Self {
            members: DashMap::new(),
            cluster,
        }
    }

    /// Makes a connection a member of a room.
    pub(crate) fn join(&self, connection: &Arc<Connection>, room: &RoomCode) -> Joined {
        if !connection.note_joined(room) {
            return Joined::Already;
        }
        let mut members = self.members.entry(room.clone()).or_default();
        let is_first = members.is_empty();
        if is_first && room != connection.own_room() {
            self.cluster.host(&Topic::Room(room.clone()));
        }
        members.insert(connection.id(), connection.clone());
        drop(members);
        // It may have gone while its session was being asked, and would be in the room for ever.
        if connection.is_closed() {
            self.leave(connection, room);
        }
        if is_first {
            Joined::First
        } else {
            Joined::Another
        }
    }

    /// Takes a connection out of a room.
    pub(crate) fn leave(&self, connection: &Connection, room: &RoomCode) {
        connection.note_left(room);
        self.remove(connection, room);
    }

    /// Takes a connection that is gone out of all its rooms, and gives the rooms.
    pub(crate) fn forget(&self, connection: &Connection) -> Vec<RoomCode> {
        let rooms = connection.leave_all();
        for room in &rooms {
            self.remove(connection, room);
        }
        rooms
    }

    fn remove(&self, connection: &Connection, room: &RoomCode) {
        if let Entry::Occupied(mut members) = self.members.entry(room.clone()) {
            members.get_mut().remove(&connection.id());
            if members.get().is_empty() {
                members.remove();
                self.cluster.give_up(&Topic::Room(room.clone()));
            }
        }
    }

    /// Does something with the members of a room while nobody joins or leaves it. It must not ask for
    /// rooms itself. Of a room with nobody in it there is nothing to do.
    pub(crate) fn with_members<R>(
        &self,
        room: &RoomCode,
        work: impl FnOnce(&HashMap<Sid, Arc<Connection>>) -> R,
    ) -> Option<R> {
        self.members.get(room).map(|members| work(&members))
    }

    /// The rooms with somebody on this node, without those that connections have for themselves.
    #[cfg(feature = "redis")]
    pub(crate) fn hosted(&self) -> Vec<RoomCode> {
        let is_own = |room: &RoomCode, members: &HashMap<Sid, _>| {
            members.keys().any(|id| room.is_of(Some(*id)))
        };
        let rooms = self.members.iter();
        rooms
            .filter(|entry| !is_own(entry.key(), entry.value()))
            .map(|entry| entry.key().clone())
            .collect()
    }

    /// Whether nobody on this node is in the room.
    pub(crate) fn is_empty(&self, room: &RoomCode) -> bool {
        !self.members.contains_key(room)
    }

    /// The connections that a delivery to the room reaches on this node.
    pub(crate) fn recipients(
        &self,
        room: &RoomCode,
        except: Option<&SessionKey>,
    ) -> Vec<Arc<Connection>> {
        let Some(members) = self.members.get(room) else {
            return Vec::new();
        };
        members
            .values()
            .filter(|member| except.is_none() || member.session() != except)
            .cloned()
            .collect()
    }
}

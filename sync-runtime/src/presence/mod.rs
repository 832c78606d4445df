//! Who is in a room: by user, not by connection, and whatever node of a cluster they are connected to.
//!
//! One task for each room in which something has changed tells those who watch, and brings changes of
//! a moment together: a thousand members that come back are told of in a few events. It is also what
//! tells a newcomer who is here, so that this and the changes after it come in order.
//!
//! # Between nodes
//! A node knows its own users ([`own`]), and says on the topic of the room who came and who went, the
//! changes of a moment together. Where somebody watches, a node keeps what the others say
//! ([`elsewhere`]); a room's users are all of these ([`here`]), so that a user who moves to another node
//! within the grace has never left. The first who watches makes a node ask, and the others answer it with
//! all that they have.
//!
//! Nothing of this is kept in Redis. A table there would have to be mended after each death of a node and
//! each loss of its data, by the nodes saying again who is there: what they say is enough, and the
//! watcher's copy is what there is when Redis is away. What was missed is found out and asked for: by the
//! chain of versions, when the node that could not say something says that, and after each time in which
//! nothing was heard. Then a node also says unasked whom it has. A node that does not live is noticed
//! by the pulse of the cluster ([`nodes`]).

mod changes;
mod elsewhere;
mod here;
#[cfg(test)]
mod model;
#[cfg(any(feature = "redis", test))]
mod nodes;
#[cfg(feature = "redis")]
mod others;
mod own;
mod profile;
mod telling;
mod word;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use dashmap::{DashMap, mapref::entry::Entry};
use parking_lot::Mutex;
use tokio::{
    join,
    runtime::Handle,
    time::{Instant, sleep},
};

#[cfg(feature = "redis")]
use self::nodes::Nodes;
use self::{
    here::{Here, News},
    word::Word,
};
pub(crate) use self::{
    profile::{Profile, Profiles},
    telling::Watcher,
};
use crate::{
    cluster::{Cluster, ClusterUnavailable, Said, Topic},
    connection::Connection,
    error::Refusal,
    room::RoomCode,
};

/// For how long changes are brought together.
const TOGETHER: Duration = Duration::from_millis(50);

/// How long other nodes have to say who is there, before the first who watches on this one is told. Those of
/// whom it hears later have joined.
const ANSWERS: Duration = Duration::from_millis(100);

/// The id of a user.
type UserId = Arc<str>;

/// Who is in the rooms of this node, if the app wants that to be told.
pub(crate) struct Presence {
    profiles: Option<Profiles>,
    bounds: PresenceBounds,
    rooms: DashMap<RoomCode, Here<Watcher>>,
    cluster: Arc<dyn Cluster>,
    /// Whether other nodes are told, and heard.
    has_others: bool,
    /// Of what was last said of any room.
    version: AtomicU64,
    /// The rooms of which something may have been missed, and some more.
    in_doubt: Mutex<HashSet<RoomCode>>,
    /// Whoever asks other nodes in several of them.
    #[cfg(feature = "redis")]
    asking: Arc<tokio::sync::Mutex<()>>,
    #[cfg(feature = "redis")]
    nodes: Mutex<Nodes>,
}

/// How presence is told.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(any(feature = "redis", test)),
    expect(dead_code, reason = "only Redis has other nodes")
)]
pub(crate) struct PresenceBounds {
    /// How long somebody whose connection was lost is still here.
    pub(crate) grace: Duration,
    /// Rooms with more users than this are not told of to anybody new, and of a node with more of them
    /// no list is made for the others.
    pub(crate) users: usize,
    /// How often a node says that it lives, and after how long without that it counts as dead.
    pub(crate) alive_every: Duration,
    pub(crate) dead_after: Duration,
}

impl Presence {
    pub(crate) fn new(
        profiles: Option<Profiles>,
        bounds: PresenceBounds,
        cluster: Arc<dyn Cluster>,
    ) -> Arc<Self> {
        Arc::new(Self {
            has_others: profiles.is_some() && cluster.has_others(),
            profiles,
            bounds,
            rooms: DashMap::new(),
            cluster,
            version: AtomicU64::new(0),
            in_doubt: Mutex::default(),
            #[cfg(feature = "redis")]
            asking: Arc::default(),
            #[cfg(feature = "redis")]
            nodes: Mutex::default(),
        })
    }

    /// A connection has become a member of a room.
    pub(crate) fn enter(self: &Arc<Self>, connection: &Connection, room: &RoomCode) {
        let (Some(profiles), Some(session)) = (&self.profiles, connection.visitor().any_session())
        else {
            return;
        };
        let Some(profile) = profiles.of(session) else {
            return;
        };
        self.change(room, |here| {
            here.enter(session.user_id(), connection.id(), profile);
        });
        // It may have gone or left in the meantime, which was of no consequence then.
        if connection.is_closed() || !connection.is_member(room) {
            self.lose(connection, room);
        }
    }

    /// A connection has left a room. Nothing is expected of it.
    pub(crate) fn leave(self: &Arc<Self>, connection: &Connection, room: &RoomCode) {
        let Some(user) = self.user(connection) else {
            return;
        };
        self.change(room, |here| {
            if let Some(since) = here.lose(user, connection.id()) {
                here.depart(user, since);
            }
        });
    }

    /// A connection was lost. Its user may be back soon.
    pub(crate) fn lose(self: &Arc<Self>, connection: &Connection, room: &RoomCode) {
        let Some(user) = self.user(connection) else {
            return;
        };
        let since = self.change(room, |here| here.lose(user, connection.id()));
        let (Some(since), Ok(runtime)) = (since, Handle::try_current()) else {
            return;
        };
        let (presence, room, user) = (self.clone(), room.clone(), Box::<str>::from(user));
        runtime.spawn(async move { presence.depart(&room, &user, since).await });
    }

    async fn depart(self: &Arc<Self>, room: &RoomCode, user: &str, since: Instant) {
        sleep(self.bounds.grace).await;
        self.change(room, |here| here.depart(user, since));
    }

    /// Begins to tell a member who is in a room: first of all, and then of changes.
    pub(crate) fn watch(
        self: &Arc<Self>,
        room: &RoomCode,
        watcher: Watcher,
    ) -> Result<(), Refusal> {
        if self.profiles.is_none() {
            return Err(Refusal::NoPresence);
        }
        let connection = watcher.connection.clone();
        if !connection.is_member(room) || connection.visitor().any_session().is_none() {
            return Err(Refusal::NotRoomMember);
        }
        if let Some(doubt) = self.change(room, |here| here.watch(connection.id(), watcher)) {
            self.learn(room, doubt);
        }
        if connection.is_closed() || !connection.is_member(room) {
            self.unwatch(room, &connection);
        }
        Ok(())
    }

    pub(crate) fn unwatch(self: &Arc<Self>, room: &RoomCode, connection: &Connection) {
        self.change(room, |here| here.unwatch(connection.id()));
    }

    fn user<'a>(&self, connection: &'a Connection) -> Option<&'a str> {
        self.profiles.as_ref()?;
        connection.visitor().user_id()
    }

    /// Learns who is in a room on other nodes, for those who begin to watch it here.
    fn learn(self: &Arc<Self>, room: &RoomCode, doubt: u64) {
        self.in_doubt.lock().insert(room.clone());
        let (presence, room) = (self.clone(), room.clone());
        tokio::spawn(async move {
            let answered = async {
                sleep(ANSWERS).await;
                presence.change_known(&room, |here| here.await_no_longer(doubt));
            };
            // If they cannot be asked now, they are after the next beat.
            let _ = join!(presence.ask(&room), answered);
        });
    }

    /// Asks all nodes who is in a room on them.
    async fn ask(self: &Arc<Self>, room: &RoomCode) -> Result<(), ClusterUnavailable> {
        let topic = Topic::Room(room.clone());
        // What they say after their answers is heard then.
        self.cluster.hosted(&topic).await;
        if let Some(doubts) = self.change_known(room, Here::begin_to_ask) {
            self.cluster.tell(&topic, &Said::WantPresence).await?;
            self.change_known(room, |here| here.note_asked(doubts));
        }
        Ok(())
    }

    fn say(&self, topic: &Topic, room: &RoomCode, word: &Word) {
        match word.write(room) {
            Ok(said) => self.cluster.say(topic, &Said::Presence(&said)),
            Err(error) => {
                tracing::error!(%error, "who is present could not be written as JSON");
            }
        }
    }

    fn next_version(&self) -> u64 {
        self.version.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Changes what is known of a room, and has it told.
    fn change<R>(
        self: &Arc<Self>,
        room: &RoomCode,
        change: impl FnOnce(&mut Here<Watcher>) -> R,
    ) -> R {
        let mut entry = match self.rooms.entry(room.clone()) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(entry) => entry.insert_entry(Here::new(self.has_others)),
        };
        let here = entry.get_mut();
        let result = change(here);
        self.have_told(room, here);
        if here.is_empty() && !here.is_told {
            entry.remove();
        }
        result
    }

    /// As [`change`](Self::change), where something is known.
    fn change_known<R>(
        self: &Arc<Self>,
        room: &RoomCode,
        change: impl FnOnce(&mut Here<Watcher>) -> R,
    ) -> Option<R> {
        let mut here = self.rooms.get_mut(room)?;
        let result = change(&mut here);
        self.have_told(room, &mut here);
        Some(result)
    }

    /// As [`change`](Self::change), of all rooms.
    #[cfg(feature = "redis")]
    fn change_each(self: &Arc<Self>, mut change: impl FnMut(&RoomCode, &mut Here<Watcher>)) {
        for mut entry in self.rooms.iter_mut() {
            let (room, here) = entry.pair_mut();
            change(room, here);
            self.have_told(room, here);
        }
    }

    /// Sees to it that what is new is told.
    fn have_told(self: &Arc<Self>, room: &RoomCode, here: &mut Here<Watcher>) {
        if !here.is_told
            && here.has_news()
            && let Ok(runtime) = Handle::try_current()
        {
            here.is_told = true;
            runtime.spawn(self.clone().tell(room.clone()));
        }
    }

    /// Tells what is new in a room until there is nothing. Nobody else tells anything meanwhile.
    async fn tell(self: Arc<Self>, room: RoomCode) {
        while let Some(news) = self.take_news(&room) {
            news.tell(&room);
            sleep(TOGETHER).await;
        }
    }

    fn take_news(&self, room: &RoomCode) -> Option<News<Watcher>> {
        let Entry::Occupied(mut entry) = self.rooms.entry(room.clone()) else {
            return None;
        };
        let here = entry.get_mut();
        if here.has_news() {
            let most = self.bounds.users;
            if let Some(word) = here.take_word(|| self.next_version(), most) {
                // While the room is held: nothing newer is said of it before.
                self.say(&Topic::Room(room.clone()), room, &word);
            }
            return Some(here.take_news(most));
        }
        here.is_told = false;
        if here.is_empty() {
            entry.remove();
        }
        None
    }
}

//! What this node and the others ask and tell each other of who is in their rooms.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::value::RawValue;
use tokio::runtime::Handle;

use super::{Presence, word::Word};
use crate::{
    cluster::{Beat, SaidPresence, Topic},
    observe,
    room::RoomCode,
};

impl Presence {
    /// Takes what another node says of its users in a room.
    pub(crate) fn hear(self: &Arc<Self>, node: &str, said: &RawValue) -> serde_json::Result<()> {
        if !self.has_others {
            return Ok(());
        }
        let said: SaidPresence<'_> = serde_json::from_str(said.get())?;
        let Ok(room) = RoomCode::parse(&said.room) else {
            return Ok(());
        };
        let heard = self.change_known(&room, |here| {
            here.is_watched()
                .then(|| here.hear(node, Word::read(&said)))
        });
        if let Some(is_to_be_asked) = heard.flatten() {
            self.nodes.lock().hear(node);
            if is_to_be_asked {
                observe::presence_doubted();
                self.ask_in(vec![room]);
            }
        }
        Ok(())
    }

    /// Tells a node that asks who is in a room on this one.
    pub(crate) fn answer(&self, node: &str, room: &RoomCode) {
        if self.has_others {
            // It is held until that is said, so that nothing newer is said before.
            let here = self.rooms.get(room);
            let version = || self.next_version();
            let word = match &here {
                Some(here) => here.whole(version, self.bounds.users),
                None => Word::nobody(version()),
            };
            self.say(&Topic::Node(node.into()), room, &word);
        }
    }

    /// A node could not say something on a topic.
    pub(crate) fn miss(self: &Arc<Self>, node: &str, topic: &Topic) {
        match topic {
            Topic::Room(room) => {
                let is_watched = self.change_known(room, |here| here.doubt(Some(node)));
                if is_watched == Some(true) {
                    observe::presence_doubted();
                    self.ask_in(vec![room.clone()]);
                }
            }
            Topic::Nodes | Topic::Node(_) => self.doubt_everywhere(Some(node)),
            Topic::User(_) | Topic::Session(_) => {}
        }
    }

    /// Nothing was heard for a while. The others may have missed as much, and what this node was asked.
    pub(crate) fn miss_all(self: &Arc<Self>) {
        self.tell_all();
        self.doubt_everywhere(None);
    }

    /// Takes what the cluster knows of its nodes, each time that it is asked.
    pub(crate) fn beat(self: &Arc<Self>, beat: &Beat) {
        if !self.has_others {
            return;
        }
        if beat.was_dead {
            self.tell_all();
        }
        if let Some(silent) = &beat.silent {
            self.forget_gone(silent);
        }
        let mut in_doubt = self.in_doubt.lock().clone();
        in_doubt.retain(|room| {
            let ask = self.change_known(room, |here| {
                if beat.silent.is_some() {
                    here.forget_silent(self.bounds.dead_after);
                }
                (here.is_doubtful(), here.is_to_be_asked())
            });
            let (is_doubtful, is_to_be_asked) = ask.unwrap_or_default();
            if !is_doubtful {
                self.in_doubt.lock().remove(room);
            }
            is_to_be_asked
        });
        self.ask_in(in_doubt.into_iter().collect());
    }

    /// Forgets the users of nodes that are gone.
    fn forget_gone(self: &Arc<Self>, silent: &HashMap<String, Duration>) {
        let gone = self.nodes.lock().gone(silent, self.bounds);
        for node in gone {
            self.change_each(|_, here| here.forget_node(&node));
        }
    }

    /// Tells all nodes who is on this one.
    fn tell_all(&self) {
        if self.has_others {
            for room in self.rooms.iter().filter(|room| room.has_own()) {
                let word = room.whole(|| self.next_version(), self.bounds.users);
                self.say(&Topic::Room(room.key().clone()), room.key(), &word);
            }
        }
    }

    fn doubt_everywhere(self: &Arc<Self>, node: Option<&str>) {
        if !self.has_others {
            return;
        }
        let mut in_doubt = Vec::new();
        self.change_each(|room, here| {
            if here.doubt(node) {
                observe::presence_doubted();
                in_doubt.push(room.clone());
            }
        });
        self.ask_in(in_doubt);
    }

    /// Asks all nodes who is in these rooms on them. One at a time: when that does not work, or somebody is
    /// at it, they are asked after the next beat.
    fn ask_in(self: &Arc<Self>, rooms: Vec<RoomCode>) {
        if rooms.is_empty() {
            return;
        }
        self.in_doubt.lock().extend(rooms.iter().cloned());
        let (Ok(turn), Ok(runtime)) = (self.asking.clone().try_lock_owned(), Handle::try_current())
        else {
            return;
        };
        let presence = self.clone();
        runtime.spawn(async move {
            for room in rooms {
                if presence.ask(&room).await.is_err() {
                    break;
                }
            }
            drop(turn);
        });
    }
}

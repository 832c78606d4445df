//! Bringing a connection that is behind to where its room is.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use serde::Serialize;
use tokio::{sync::oneshot, time::sleep};

use super::{PAGE, add, deliver_entry, let_go, make_up::look_again};
use crate::{
    connection::Connection,
    fanout::To,
    history::{Gap, LogUnavailable, Membership, Offset, Recorded, Standing},
    room::RoomCode,
    server::Server,
};

/// How many bytes may wait for the network of one that catches up when it is sent more.
const PACE_BYTES: usize = 256 * 1024;

/// How soon a feed is asked again that is not yet as far as an offset which the log knows.
const AHEAD_POLL: Duration = Duration::from_millis(20);

/// After how many times it is to look in the log itself: its tail may have missed something while
/// nobody was in the room.
const AHEAD_POLLS: usize = 10;

/// What became of catching up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CaughtUp {
    /// Everything after the offset was sent, in order and once; the connection is live.
    Recovered {
        /// How many deliveries that took.
        count: usize,
    },
    /// It cannot be.
    Lost {
        reason: Lost,
        /// From where the connection is live instead, if it is a member of the room.
        offset: Option<Offset>,
    },
}

impl CaughtUp {
    /// How far a room is, is for its members to know.
    const NOT_MEMBER: Self = Self::Lost {
        reason: Lost::NotMember,
        offset: None,
    };
}

/// Why what a connection missed cannot be sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Some of it is no longer kept.
    Trimmed,
    /// The offset is from an order that is over.
    NewEpoch,
    /// The connection was sent later entries already, and would hear these out of order.
    TooLate,
    /// The connection is no member of the room.
    NotMember,
}

impl Lost {
    /// Its name on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trimmed => "trimmed",
            Self::NewEpoch => "newEpoch",
            Self::TooLate => "tooLate",
            Self::NotMember => "notMember",
        }
    }
}

impl Serialize for Lost {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl From<Gap> for Lost {
    fn from(gap: Gap) -> Self {
        match gap {
            Gap::Trimmed => Self::Trimmed,
            Gap::NewEpoch => Self::NewEpoch,
        }
    }
}

/// Sends a connection what followed an offset and makes it live. Without an offset it goes on from
/// where it stands.
///
/// One at a time for a connection: see [`Connection::turn`].
pub(crate) async fn catch_up(
    server: &Arc<Server>,
    connection: &Arc<Connection>,
    room: &RoomCode,
    after: Option<Offset>,
) -> Result<CaughtUp, LogUnavailable> {
    let standing = server.history.feeds.standing(room, connection.id());
    let Some(Standing { membership, .. }) = standing else {
        return Ok(CaughtUp::NOT_MEMBER);
    };
    let mut run = Run {
        membership,
        server: server.clone(),
        connection: connection.clone(),
        room: room.clone(),
        start: after.clone(),
        from: after,
        lost: None,
        count: 0,
    };
    let mut polls = 0;
    loop {
        if !run.approach().await? {
            return Ok(CaughtUp::NOT_MEMBER);
        }
        let (done, settled) = oneshot::channel();
        let work = async move {
            let step = run.settle().await;
            // An error says that nobody waits any more.
            let _ = done.send((run, step));
        };
        add(server, room.clone(), work.boxed());
        let Ok((returned, step)) = settled.await else {
            // It panicked, which has been logged.
            return Err(LogUnavailable);
        };
        run = returned;
        match step? {
            Step::Done(caught_up) => return Ok(caught_up),
            Step::Behind => {}
            Step::Ahead => {
                sleep(AHEAD_POLL).await;
                polls += 1;
                if polls % AHEAD_POLLS == 0 {
                    add(
                        server,
                        room.clone(),
                        look_again(server.clone(), room.clone()).boxed(),
                    );
                }
            }
        }
    }
}

/// One connection on its way.
struct Run {
    membership: Membership,
    server: Arc<Server>,
    connection: Arc<Connection>,
    room: RoomCode,
    /// From where it was to be sent everything.
    start: Option<Offset>,
    /// Up to where it has been.
    from: Option<Offset>,
    /// Why it cannot be.
    lost: Option<Lost>,
    count: usize,
}

/// How far a turn in the feed came.
enum Step {
    Done(CaughtUp),
    /// The room has moved on by more than a feed sends to one.
    Behind,
    /// The offset is known to the log, and the feed is not there yet.
    Ahead,
}

impl Run {
    /// Sends the bulk, beside the room's feed. `false` when the connection is no member.
    async fn approach(&mut self) -> Result<bool, LogUnavailable> {
        loop {
            let Some(standing) = self.standing() else {
                return Ok(false);
            };
            if standing.is_live {
                return Ok(true);
            }
            if self.from.is_none() {
                self.start = standing.since.clone();
                self.from = standing.since;
            }
            let position = self.server.history.feeds.position(&self.room);
            let (Some(from), Some(position)) = (self.from.clone(), position) else {
                return Ok(true);
            };
            let is_near = distance(&from, &position).is_none_or(|distance| distance <= PAGE);
            if is_near || self.lost.is_some() {
                return Ok(true);
            }
            self.connection.drained_below(PACE_BYTES).await;
            let Ok(_permit) = self.server.history.readers.acquire().await else {
                return Err(LogUnavailable);
            };
            match self
                .server
                .history
                .log
                .read(&self.room, &from, PAGE)
                .await?
            {
                Err(gap) => self.lost = Some(gap.into()),
                Ok(entries) => {
                    for recorded in entries {
                        if !position.reaches(&recorded.offset) || self.standing().is_none() {
                            break;
                        }
                        self.count += self.send(&recorded).await;
                        self.from = Some(recorded.offset.clone());
                    }
                }
            }
        }
    }

    /// Sends the rest and makes the connection live. For the feed: nothing else is sent to the room
    /// meanwhile.
    async fn settle(&mut self) -> Result<Step, LogUnavailable> {
        let position = self.position().await?;
        let Some(standing) = self.standing() else {
            return Ok(Step::Done(CaughtUp::NOT_MEMBER));
        };
        if standing.is_live {
            return self.rewind(standing, position).await;
        }
        if let Some(reason) = self.lost {
            return Ok(self.lose(reason, position));
        }
        let Some(from) = self.from.clone() else {
            // The log did not answer when it came.
            self.start = Some(position);
            return Ok(self.go_live());
        };
        if distance(&from, &position).is_some_and(|distance| distance > PAGE) {
            return Ok(Step::Behind);
        }
        if let Some(reason) = self.send_up_to(&from, &position).await? {
            return Ok(self.lose(reason, position));
        }
        if !position.reaches(&from) {
            let is_doubted = self.server.history.feeds.is_doubted(&self.room);
            if from.epoch == position.epoch || from.number > 0 || is_doubted {
                return Ok(Step::Ahead);
            }
            // The log has begun anew, and nothing of its new order has been delivered.
            self.server.history.feeds.reach(&self.room, from);
        }
        Ok(self.go_live())
    }

    /// What a connection that is live already can still be sent: all that followed `since` it was or
    /// will be, and nothing is sent twice or out of order.
    async fn rewind(
        &mut self,
        standing: Standing,
        position: Offset,
    ) -> Result<Step, LogUnavailable> {
        let since = standing.since.unwrap_or_else(|| position.clone());
        let Some(from) = self.from.clone() else {
            return Ok(self.recovered());
        };
        if !position.reaches(&from) {
            return Ok(lost(Lost::NewEpoch, position));
        }
        if since.epoch != position.epoch || from.reaches(&since) {
            return Ok(self.recovered());
        }
        let is_near = distance(&from, &position).is_some_and(|distance| distance <= PAGE);
        if since != position || !is_near {
            return Ok(lost(Lost::TooLate, position));
        }
        match self.send_up_to(&from, &position).await? {
            Some(reason) => Ok(lost(reason, position)),
            None => Ok(self.go_live()),
        }
    }

    /// How far the feed is; from the log, where nobody was live in the room before.
    async fn position(&self) -> Result<Offset, LogUnavailable> {
        let history = &self.server.history;
        if let Some(position) = history.feeds.position(&self.room) {
            return Ok(position);
        }
        let head = history.head(&self.room).await?;
        history.feeds.reach(&self.room, head.clone());
        let_go(&self.server, &self.room);
        Ok(head)
    }

    /// Sends the few entries between two offsets, or finds out why that cannot be.
    async fn send_up_to(
        &mut self,
        from: &Offset,
        position: &Offset,
    ) -> Result<Option<Lost>, LogUnavailable> {
        let history = &self.server.history;
        let entries = match history.log.read(&self.room, from, PAGE).await? {
            Ok(entries) => entries,
            Err(gap) => return Ok(Some(gap.into())),
        };
        for recorded in entries {
            if position.reaches(&recorded.offset) {
                self.count += self.send(&recorded).await;
            }
        }
        Ok(None)
    }

    async fn send(&self, recorded: &Recorded) -> usize {
        let to = To::One(&self.connection, self.membership);
        deliver_entry(&self.server, recorded, None, to).await
    }

    fn standing(&self) -> Option<Standing> {
        let feeds = &self.server.history.feeds;
        let standing = feeds.standing(&self.room, self.connection.id());
        standing.filter(|standing| standing.membership == self.membership)
    }

    fn recovered(&self) -> Step {
        Step::Done(CaughtUp::Recovered { count: self.count })
    }

    /// Makes the connection live without what it missed.
    fn lose(&mut self, reason: Lost, position: Offset) -> Step {
        self.start = Some(position.clone());
        self.go_live();
        lost(reason, position)
    }

    /// Makes the connection live: it has been sent everything.
    fn go_live(&self) -> Step {
        let feeds = &self.server.history.feeds;
        let standing = Standing {
            membership: self.membership,
            since: self.start.clone(),
            is_live: true,
        };
        feeds.place(&self.room, self.connection.id(), standing);
        self.recovered()
    }
}

fn lost(reason: Lost, offset: Offset) -> Step {
    Step::Done(CaughtUp::Lost {
        reason,
        offset: Some(offset),
    })
}

/// How many entries lie between two offsets of the same epoch.
fn distance(from: &Offset, to: &Offset) -> Option<usize> {
    let is_one_order = from.epoch == to.epoch;
    is_one_order
        .then(|| usize::try_from(to.number.saturating_sub(from.number)).unwrap_or(usize::MAX))
}

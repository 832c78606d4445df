//! The deliveries of routes with history: one feed for each busy room.
//!
//! What was recorded comes out of the tail of the log and is delivered in its order, one entry after
//! another, to the connections that are live in the room. Whoever is behind is brought up from the
//! log by [`catch_up`], and made live by the feed itself between two entries. What the tail has missed
//! is read from the log by [`make_up`](mod@make_up).

mod catch_up;
mod make_up;
mod member;

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, StreamExt};

use self::make_up::{look_again, make_up};
pub(crate) use self::{
    catch_up::{CaughtUp, Lost, catch_up},
    member::{await_resume, enter, go_live, go_live_in, offsets},
};
use crate::{
    delivery::{Delivery, request_of},
    fanout::{To, deliver},
    gap::{Gap, UNKNOWN_ROUTE},
    history::{Next, Recorded, Tailed, Work},
    hooks::RequestInfo,
    room::RoomCode,
    server::Server,
};

/// How many entries are read from the log at once, and how many at most a feed sends to one that
/// catches up while all others of the room wait.
const PAGE: usize = 32;

/// Begins to deliver what is recorded, once for a server. It is called before the first entry is, as a
/// server can be built outside of a runtime.
pub(crate) fn watch(server: &Arc<Server>) {
    server.history.is_watched.call_once(|| {
        let mut tail = server.history.log.tail();
        let server = server.clone();
        tokio::spawn(async move {
            while let Some(tailed) = tail.next().await {
                hear(&server, tailed);
            }
        });
    });
}

/// Has what comes out of the tail of the log delivered when it is its turn.
fn hear(server: &Arc<Server>, tailed: Tailed) {
    let Server { history, .. } = &**server;
    match tailed {
        Tailed::Recorded(recorded) => add_entry(server, recorded),
        Tailed::Missed(room) => {
            history.feeds.doubt(&room, true);
            add(
                server,
                room.clone(),
                look_again(server.clone(), room).boxed(),
            );
        }
        Tailed::Interrupted => {
            for room in history.feeds.doubt_all() {
                add(
                    server,
                    room.clone(),
                    look_again(server.clone(), room).boxed(),
                );
            }
        }
    }
}

/// Adds work to a room's feed.
fn add(server: &Arc<Server>, room: RoomCode, work: Work) {
    if server.history.feeds.push(&room, work) {
        tokio::spawn(run(server.clone(), room));
    }
}

/// Adds an entry to its room's feed. Those of this node's own requests are bounded with these.
fn add_entry(server: &Arc<Server>, recorded: Arc<Recorded>) {
    let entry = &recorded.entry;
    let room = entry.room.clone();
    let is_own = server.history.awaited.has(&room, entry.id);
    let bytes = if is_own { 0 } else { entry.bytes() };
    let most = server.config.history_bytes_per_room;
    let work = take(server.clone(), recorded).boxed();
    let feeds = &server.history.feeds;
    if feeds.push_entry(&room, bytes, most, work) {
        tokio::spawn(run(server.clone(), room));
    }
}

async fn run(server: Arc<Server>, room: RoomCode) {
    while let Some(next) = server.history.feeds.next(&room) {
        let work = match next {
            Next::Work(work) => work,
            Next::MakeUp => look_again(server.clone(), room.clone()).boxed(),
        };
        // What the app's code can do wrong is contained where it is called. Anything else must not
        // stop what waits behind it.
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!(%room, "a delivery panicked outside of its handler");
        }
    }
}

/// Delivers an entry to all that are live, behind whatever precedes it.
async fn take(server: Arc<Server>, recorded: Arc<Recorded>) {
    let (room, offset) = (&recorded.entry.room, &recorded.offset);
    if let Some(position) = server.history.feeds.position(room)
        && !position.reaches(offset)
        && !offset.follows(&position)
    {
        let is_one_order = position.epoch == offset.epoch;
        let from = if is_one_order {
            position
        } else {
            offset.first()
        };
        make_up(&server, room, from).await;
    }
    pass(&server, &recorded).await;
}

/// Delivers an entry to all that are live, unless it has been.
async fn pass(server: &Arc<Server>, recorded: &Arc<Recorded>) {
    let (room, history) = (&recorded.entry.room, &server.history);
    let (request, delivered) = match history.awaited.take(room, recorded.entry.id) {
        None => (None, None),
        Some(sides) => {
            // An error is the sign.
            let _ = sides.answered.await;
            (Some(sides.request), Some(sides.delivered))
        }
    };
    let position = history.feeds.position(room);
    let is_covered = position.is_some_and(|position| position.reaches(&recorded.offset));
    let mut sent = 0;
    if !is_covered {
        sent = deliver_entry(server, recorded, request, To::Live).await;
        history.feeds.reach(room, recorded.offset.clone());
    }
    if let Some(delivered) = delivered {
        let _ = delivered.send(sent);
    }
}

/// Lets go of the requests whose deliveries will not be made by the feed of a room, as it has passed them.
pub(crate) fn let_go(server: &Server, room: &RoomCode) {
    let history = &server.history;
    if let Some(position) = history.feeds.position(room) {
        history.awaited.pass(room, &position);
    }
}

/// Makes the deliveries of an entry; `request` is what hooks are told of it, where it is still known.
/// Gives how many there were: none if its route is not known.
async fn deliver_entry(
    server: &Arc<Server>,
    recorded: &Recorded,
    request: Option<RequestInfo>,
    to: To<'_>,
) -> usize {
    let Some(route) = server.routes.named(&recorded.entry.route) else {
        unknown(server, recorded, to);
        return 0;
    };
    let request = if let Some(request) = request {
        request
    } else {
        let entry = &recorded.entry;
        let (room, name) = (entry.room.clone(), entry.route.clone());
        let input = entry.input.clone();
        request_of(server, &entry.sender, room, name, input).await
    };
    let delivery = Delivery::of(recorded, route, request);
    deliver(server, &delivery, to).await
}

/// Tells those who would have heard an entry that this version of the app does not know its route.
fn unknown(server: &Arc<Server>, recorded: &Recorded, to: To<'_>) {
    let room = &recorded.entry.room;
    server.unknown_routes.note(&recorded.entry.route);
    let told = Gap {
        rooms: std::slice::from_ref(room),
        reason: UNKNOWN_ROUTE,
        offsets: [(room, &recorded.offset)].into(),
    };
    match to {
        To::Members | To::Live => told.tell_live(server, room),
        To::One(connection, _) => told.tell(server, connection),
    }
}

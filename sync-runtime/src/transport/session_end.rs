//! The end of a session, as its connections hear of it: the event `sync-session-ended`, and then the
//! disconnection.
//!
//! A socket is let in by the session of its handshake, and is a member of rooms from then on. So it
//! has to go when the session does, also if it never says a word again.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::{
    below::SocketRef,
    connection::Connection,
    outgoing::emit_last,
    panic,
    server::Server,
    session::{EndNotice, EndReason, SessionKey, SessionStoreError},
};

const EVENT: &str = "sync-session-ended";

/// How often it is looked for sessions that have come to their end by age, and so how late their
/// connections may hear of it. A look is a walk over the sessions connected here; the store is asked
/// only for those that are due.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How many sessions the store is asked for at the same time.
const ASKED_AT_ONCE: usize = 32;

#[derive(Serialize)]
struct Ended {
    reason: EndReason,
}

/// Begins to hear of the ends of sessions, once for a server. It is called before the first
/// connection of a session is let in, as a server can be built outside of a runtime.
pub(super) fn watch(server: &Arc<Server>) {
    server.watches_sessions.call_once(|| {
        let notices = server.sessions.notices();
        tokio::spawn(hear(server.clone(), notices));
    });
}

/// Hears of ends for as long as the server lives, also from a store that panics now and then.
async fn hear(server: Arc<Server>, notices: BoxStream<'static, EndNotice>) {
    let mut notices = Some(notices);
    loop {
        let hearing = async {
            let notices = notices.take().unwrap_or_else(|| heard_anew(&server));
            hear_until_it_panics(&server, notices).await;
        };
        let Err(payload) = AssertUnwindSafe(hearing).catch_unwind().await else {
            return;
        };
        tracing::error!(
            panic = %panic::text(&*payload),
            "the session store does not tell which sessions are over; it is asked anew"
        );
        sleep(LOOK_EVERY).await;
    }
}

/// What is told from now on, behind that something was told meanwhile which nobody has heard.
fn heard_anew(server: &Server) -> BoxStream<'static, EndNotice> {
    let notices = server.sessions.notices();
    stream::iter([EndNotice::Missed]).chain(notices).boxed()
}

async fn hear_until_it_panics(server: &Arc<Server>, mut notices: BoxStream<'static, EndNotice>) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Some(notice) = notices.next() => match notice {
                EndNotice::Ended { key, reason } => end(server, &key, reason),
                EndNotice::Missed => {
                    server.by_session.doubt_all();
                    end_those_over(server).await;
                }
            },
            _ = look.tick() => end_those_over(server).await,
        }
    }
}

/// Asks the store for all sessions that are due, and ends those that are over. If it does not answer
/// they stay due.
pub(super) async fn end_those_over(server: &Arc<Server>) {
    let due = stream::iter(server.by_session.due()).map(Ok);
    let asked = due.try_for_each_concurrent(ASKED_AT_ONCE, |key| async move {
        match server.sessions.peek(&key).await? {
            Some(session) => server.by_session.lives_for(&key, session.left()),
            None => end(server, &key, EndReason::Expired),
        }
        Ok::<_, SessionStoreError>(())
    });
    if let Err(error) = asked.await {
        tracing::warn!(%error, "it cannot be told which sessions are over; their connections stay for now");
    }
}

fn end(server: &Arc<Server>, key: &SessionKey, reason: EndReason) {
    for id in server.by_session.end(key, reason) {
        if let Some(socket) = server.io.get_socket(id) {
            close_ended(server, socket);
        }
    }
}

/// Tells and closes a connection whose session is over; does nothing to others.
///
/// A socket on its way in cannot be told yet. It is asked again as soon as it is connected, by
/// whoever connects it.
pub(super) fn close_ended(server: &Arc<Server>, socket: SocketRef) {
    if !socket.connected() {
        return;
    }
    let Some(connection) = socket.extensions.get::<Arc<Connection>>() else {
        return;
    };
    let session = connection.session();
    let Some(reason) = session.and_then(|key| server.by_session.take_end(key, socket.id)) else {
        return;
    };
    // First of all it must hear nothing more.
    connection.close();
    server.forget(&connection);
    let told = emit_last(server, &connection, EVENT, &Ended { reason });
    tracing::debug!(connection = %socket.id, ?reason, told, "a session is over");
    let server = server.clone();
    let closing = async move {
        // The layer below writes the disconnection, before anything that is held up.
        connection.line().settled().await;
        // It is a packet, and does not happen while there is no room for one.
        if socket.clone().disconnect().is_err() {
            server.door.close(&socket).await;
        }
    };
    let mut closing = Box::pin(closing);
    if closing.as_mut().now_or_never().is_none() {
        tokio::spawn(closing);
    }
}

#[cfg(test)]
mod tests;

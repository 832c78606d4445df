//! Reading from the log what its tail has missed, so that those who are live miss nothing.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::time::sleep;

use super::{catch_up::PAGE, pass};
use crate::{
    history::{Gap, LogUnavailable, Offset},
    observe,
    room::RoomCode,
    server::Server,
};

/// The event that tells a member of a gap.
const GAP: &str = "sync-gap";

/// How soon the log is asked again that did not answer.
const RETRY: Duration = Duration::from_millis(500);

/// What a member is told that was live when something was lost.
#[derive(Serialize)]
struct GapNotice<'a> {
    rooms: [&'a RoomCode; 1],
    reason: &'static str,
    /// From where it is live again.
    offset: &'a Offset,
}

/// Looks for what a room's tail may have missed.
pub(super) async fn look_again(server: Arc<Server>, room: RoomCode) {
    if let Some(position) = server.history.feeds.position(&room) {
        make_up(&server, &room, position).await;
    }
    server.history.feeds.doubt(&room, false);
}

/// Delivers what follows an offset to all that are live, or tells them that it is lost. It waits for a
/// log that does not answer, as long as somebody is in the room.
pub(super) async fn make_up(server: &Arc<Server>, room: &RoomCode, mut from: Offset) {
    let history = &server.history;
    while history.feeds.has_members(room) {
        // They are no more at once than those who catch up.
        let Ok(permit) = history.readers.acquire().await else {
            return;
        };
        let page = history.log.read(room, &from, PAGE).await;
        drop(permit);
        let done = match page {
            Ok(Ok(entries)) if entries.is_empty() => Ok(true),
            Ok(Ok(entries)) => {
                for recorded in entries {
                    pass(server, &recorded).await;
                    from = recorded.offset.clone();
                }
                Ok(false)
            }
            Ok(Err(gap)) => lose(server, room, &from, gap).await.map(|()| true),
            Err(unavailable) => Err(unavailable),
        };
        match done {
            Ok(true) => return,
            Ok(false) => {}
            Err(LogUnavailable) => sleep(RETRY).await,
        }
    }
}

/// Goes on from the end of the log, and tells those who are live that they have missed something.
async fn lose(
    server: &Arc<Server>,
    room: &RoomCode,
    delivered: &Offset,
    gap: Gap,
) -> Result<(), LogUnavailable> {
    let history = &server.history;
    let head = history.log.restart(room, delivered).await?;
    tracing::error!(%room, reason = gap.as_str(), "deliveries of a room with history are lost");
    observe::history_lost(gap.as_str());
    history.feeds.lose(room, head.clone());
    let notice = GapNotice {
        rooms: [room],
        reason: gap.as_str(),
        offset: &head,
    };
    server.emit_to_live(room, None, GAP, &notice);
    // What is gone comes no more.
    history.awaited.forget(room);
    Ok(())
}

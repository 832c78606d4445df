//! Reading from the log what its tail has missed, so that those who are live miss nothing.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{PAGE, let_go, pass};
use crate::{
    gap,
    history::{Gap, LogUnavailable, Offset},
    room::RoomCode,
    server::Server,
};

/// How soon the log is asked again that did not answer.
const RETRY: Duration = Duration::from_millis(500);

/// Looks for what a room's tail may have missed.
pub(super) async fn look_again(server: Arc<Server>, room: RoomCode) {
    if let Some(position) = server.history.feeds.position(&room) {
        make_up(&server, &room, position).await;
    }
    server.history.feeds.doubt(&room, false);
    let_go(&server, &room);
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
            Ok(Err(why)) => lose(server, room, &from, why).await.map(|()| true),
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
    why: Gap,
) -> Result<(), LogUnavailable> {
    let history = &server.history;
    let head = history.log.restart(room, delivered).await?;
    tracing::error!(%room, reason = why.as_str(), "deliveries of a room with history are lost");
    history.feeds.lose(room, head.clone());
    let told = gap::Gap {
        rooms: std::slice::from_ref(room),
        reason: why.as_str(),
        offsets: [(room, &head)].into(),
    };
    told.tell_live(server, room);
    // What is gone comes no more.
    history.awaited.forget(room);
    Ok(())
}

//! The end of a connection that cannot keep up: it hears nothing more but why, and has to come back.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::time::{sleep, timeout};

use super::emit_last;
use crate::{
    connection::Connection,
    door::{Line, SlowReason},
    hooks::OnSlowConsumer,
    observe,
    server::Server,
};

/// The last that such a connection hears, if it hears anything.
const EVENT: &str = "sync-lagged";

/// How long it may take until some more of what waits goes out, or the connection has closed in good
/// order, and how long all of that together.
const GRACE: Duration = Duration::from_secs(2);
const GRACE_IN_ALL: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Lagged {
    reason: &'static str,
}

impl Lagged {
    const SLOW_CONSUMER: Self = Self {
        reason: "slowConsumer",
    };
}

impl Server {
    /// Closes a connection that cannot keep up. From here on nothing is sent to it and nothing it
    /// asked for goes on; it is in no room.
    pub(crate) fn evict(self: &Arc<Self>, connection: &Arc<Connection>, reason: SlowReason) {
        if !connection.close() {
            return;
        }
        self.forget(connection);
        let unsent = connection.line().traffic().unsent();
        observe::evicted(reason);
        tracing::warn!(
            connection = %connection.id(),
            reason = reason.as_str(),
            unsent_packets = unsent.packets,
            unsent_bytes = unsent.bytes,
            "a connection cannot keep up and is closed"
        );
        let socket = self.io.get_socket(connection.id());
        if socket.is_some() {
            connection.line().give_up();
            emit_last(self, connection, EVENT, &Lagged::SLOW_CONSUMER);
        }
        let (server, connection) = (self.clone(), connection.clone());
        tokio::spawn(async move {
            let event = || OnSlowConsumer {
                visitor: connection.visitor().clone(),
                reason,
                unsent_bytes: unsent.bytes,
            };
            let told = server
                .hooks
                .slow_consumer
                .tell(server.config.hook_timeout, event);
            let closed = async {
                if let Some(socket) = &socket {
                    server.door.close(socket).await;
                }
                let _ = timeout(GRACE_IN_ALL, no_more_moves(connection.line())).await;
                connection.line().cut();
            };
            tokio::join!(told, closed);
        });
    }
}

async fn no_more_moves(line: &Line) {
    let mut before = None;
    loop {
        let unsent = Some(line.traffic().unsent());
        if unsent == before {
            return;
        }
        before = unsent;
        sleep(GRACE).await;
    }
}

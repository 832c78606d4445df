//! The watch over connections that have stopped to read.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use crate::{connection::Connection, observe, server::Server};

/// How often it is looked at the most, and at the least.
const MOST_OFTEN: Duration = Duration::from_millis(50);
const LEAST_OFTEN: Duration = Duration::from_secs(1);

/// Begins to look for connections that have stopped to read, once for a server. It is called before
/// the first connection is let in, as a server can be built outside of a runtime.
pub(crate) fn watch(server: &Arc<Server>) {
    server.watches_traffic.call_once(|| {
        tokio::spawn(look(server.clone()));
    });
}

async fn look(server: Arc<Server>) {
    let limit = server.config.stall_timeout;
    let mut looks = interval((limit / 8).clamp(MOST_OFTEN, LEAST_OFTEN));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => observe::unsent(look_at_all(&server, limit)),
            () = server.shutdown.is_over() => return,
        }
    }
}

/// Gives how many bytes wait for all connections together.
fn look_at_all(server: &Arc<Server>, limit: Duration) -> usize {
    let mut unsent = 0;
    for socket in server.io.sockets() {
        let Some(connection) = socket.extensions.get::<Arc<Connection>>() else {
            continue;
        };
        if connection.is_closed() {
            continue;
        }
        let line = connection.line();
        unsent += line.traffic().unsent().bytes;
        if let Err(reason) = line.watch(limit) {
            server.evict(&connection, reason);
        }
    }
    unsent
}

//! Recording what a route with history delivers, before anybody hears of it.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use socketioxide::socket::Sid;

use super::admit::Admitted;
use crate::{
    Failure,
    delivery::Delivery,
    error::Refusal,
    fanout, feed,
    history::{Deliveries, Keep},
    room::RoomCode,
    route::Route,
    routed::Routed,
    server::Server,
};

/// A request of which nothing is known that would keep its output from being recorded.
pub(super) struct Recordable(pub(super) Routed);

/// Refuses what could not be recorded as far as that is known, before its handler has done anything.
pub(super) fn recordable(
    server: &Server,
    Admitted(routed): Admitted,
) -> Result<Recordable, Refusal> {
    let keep = keep(&routed.route, &routed.request.room, routed.connection);
    if keep.is_some() && !server.history.log.is_available() {
        return Err(Refusal::ClusterUnavailable);
    }
    Ok(Recordable(routed))
}

/// How much is kept of what a route delivers to a room, if it is recorded.
fn keep(route: &Route, room: &RoomCode, sender: Option<Sid>) -> Option<Keep> {
    // The room that a connection has for itself ends with it: nobody could resume it.
    route.server.history.filter(|_| !room.is_of(sender))
}

/// An output that may be answered and delivered.
pub(super) struct Deliverable {
    pub(super) delivery: Delivery,
    /// What the feed of the room makes, if it is recorded.
    recorded: Option<Deliveries>,
}

/// Records a delivery of a route with history. That its handler has run is not undone when it cannot
/// be.
pub(super) async fn record(
    server: &Arc<Server>,
    delivery: Delivery,
) -> Result<Deliverable, Failure> {
    let request = &delivery.request;
    let sender = request.visitor.connection();
    let Some(keep) = keep(&delivery.route, &request.room, sender) else {
        return Ok(Deliverable::live(delivery));
    };
    feed::watch(server);
    let entry = delivery.entry();
    let id = entry.id;
    let history = &server.history;
    let deliveries = history.awaited.begin(id, request.clone());
    let appended = history.log.append(entry, keep.or_as(&server.config));
    match appended.await {
        Ok(offset) => {
            history.awaited.place(&request.room, id, offset);
            feed::let_go(server, &request.room);
        }
        Err(unavailable) => {
            history.awaited.take(&request.room, id);
            return Err(unavailable.into());
        }
    }
    // A node hears of no room that it has nobody in.
    if server.rooms.is_empty(&request.room) {
        history.awaited.forget(&request.room);
    }
    Ok(Deliverable {
        delivery,
        recorded: Some(deliveries),
    })
}

impl Deliverable {
    fn live(delivery: Delivery) -> Self {
        Self {
            delivery,
            recorded: None,
        }
    }

    /// Sees to its deliveries, once the request has been answered. Gives how many connections of this
    /// node they were sent to.
    pub(super) async fn deliver(self, server: &Arc<Server>) -> usize {
        match self.recorded {
            None => fanout::fan_out(server, self.delivery).await,
            Some(recorded) => fanout::follow(server, &self.delivery, recorded.made()).await,
        }
    }
}

//! Recording what a route with history delivers, before anybody hears of it.

use std::sync::Arc;

use crate::{
    Failure,
    fanout::{self, Delivery},
    feed,
    history::Deliveries,
    room::RoomCode,
    server::Server,
};

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
    let Some(keep) = delivery.route().server.history else {
        return Ok(Deliverable::live(delivery));
    };
    let request = delivery.request();
    // The room that a connection has for itself ends with it: nobody could resume it.
    let own_room = request.visitor.connection().map(RoomCode::of_connection);
    if own_room.as_ref() == Some(&request.room) {
        return Ok(Deliverable::live(delivery));
    }
    feed::watch(server);
    let entry = delivery.entry(keep, &server.config);
    let id = entry.id;
    let deliveries = server.history.awaited.begin(id, request.clone());
    if let Err(unavailable) = server.history.log.append(entry).await {
        server.history.awaited.take(id);
        return Err(unavailable.into());
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

    /// Sees to its deliveries, once the request has been answered.
    pub(super) async fn deliver(self, server: &Arc<Server>) {
        match self.recorded {
            None => fanout::fan_out(server, self.delivery).await,
            Some(recorded) => fanout::follow(server, &self.delivery, recorded.made()).await,
        }
    }
}

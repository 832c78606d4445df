//! Outputs that no request led to: the app says them itself, and they are recorded and delivered as
//! those of requests are.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::{receiver::EVERYBODY, record};
use crate::{
    Failure,
    delivery::Delivery,
    error::Refusal,
    handler::output::OutputJson,
    hooks::{RequestInfo, Visitor},
    observe,
    request_values::SharedValues,
    room::RoomCode,
    sender::Sender,
    server::Server,
};

/// The server output of a route, to be delivered to a room.
pub(crate) struct Publication {
    /// The full name of the route.
    pub(crate) route: String,
    pub(crate) room: String,
    pub(crate) input: Arc<RawValue>,
    pub(crate) output: OutputJson,
}

/// Publishes, and gives how many connections of this node it was sent to.
///
/// Once begun it comes to its end, also when nobody waits for that any more: no room is left with half
/// of its deliveries made.
pub(crate) async fn publish(
    server: &Arc<Server>,
    publication: Publication,
) -> Result<usize, Failure> {
    let permit = server.publications.clone().acquire_owned().await;
    let server = server.clone();
    let published = tokio::spawn(async move {
        let _permit = permit;
        publish_now(&server, publication).await
    });
    published.await.map_err(Failure::internal)?
}

async fn publish_now(server: &Arc<Server>, publication: Publication) -> Result<usize, Failure> {
    let route = server.routes.named(&publication.route).ok_or_else(|| {
        let name = &publication.route;
        Failure::internal(format!("`{name}` is no route of the publisher's server"))
    })?;
    let publishing = async {
        let room = may_receive(&publication.room)?;
        let request = RequestInfo {
            visitor: Visitor::new(None, None),
            room,
            route: route.full_name.clone(),
            input: publication.input,
            values: SharedValues::default(),
        };
        let delivery =
            Delivery::received(&Sender::NOBODY, route.clone(), request, publication.output);
        reachable(server, &delivery)?;
        let deliverable = record::record(server, delivery).await?;
        Ok(deliverable.deliver(server).await)
    };
    observe::published(&route, publishing).await
}

/// The room of a name that can be one.
fn may_receive(name: &str) -> Result<RoomCode, Refusal> {
    let room = RoomCode::parse(name)?;
    if room.as_str() == EVERYBODY {
        return Err(Refusal::ReceiverNotAllowed);
    }
    Ok(room)
}

/// Refuses what nobody would hear, because all who could are on nodes that do not hear this one. A
/// delivery that is recorded is refused by its log.
fn reachable(server: &Server, delivery: &Delivery) -> Result<(), Refusal> {
    let is_live = delivery.route.server.history.is_none();
    if is_live && server.rooms.is_empty(delivery.room()) && !server.cluster.answers() {
        return Err(Refusal::ClusterUnavailable);
    }
    Ok(())
}

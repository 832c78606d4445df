//! Once the handler has run: whether anybody is in the room, and whether the app lets it out.

use super::execute::Executed;
use crate::{
    Failure, cluster::Topic, delivery::Delivery, error::Refusal, hooks::PreSyncFanout,
    server::Server,
};

/// Finds out whether anybody hears it, and whether the app's hooks let it out.
pub(super) async fn resolve(
    server: &Server,
    Executed { routed, output }: Executed,
) -> Result<Delivery, Failure> {
    let output = output?;
    let room = &routed.request.room;
    // The other nodes need to be asked only where nobody is here.
    if server.rooms.is_empty(room) && !server.cluster.is_heard(&Topic::Room(room.clone())).await? {
        return Err(Refusal::NoReceivers.into());
    }
    let event = || PreSyncFanout {
        request: routed.info(),
    };
    let hooks = &server.hooks.pre_fanout;
    hooks.ask(server.config.hook_timeout, event).await?;
    Ok(Delivery::new(routed, output))
}

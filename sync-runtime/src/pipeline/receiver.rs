//! Whether the sender may send to the room, and, once the handler has run, who is in it.

use super::{authorize::Authorized, execute::Executed, identify::Requester, routed::Routed};
use crate::{Failure, error::Refusal, fanout::Delivery, hooks::PreSyncFanout, server::Server};

/// The receiver that means everybody. Clients may not send to it.
pub(crate) const EVERYBODY: &str = "all";

/// A request whose sender may send to its room.
pub(super) struct Received(pub(super) Routed);

pub(super) fn receive(
    requester: &Requester,
    Authorized(routed): Authorized,
) -> Result<Received, Refusal> {
    let room = &routed.request.room;
    if room.as_str() == EVERYBODY {
        return Err(Refusal::ReceiverNotAllowed);
    }
    if !requester.is_member(routed.request.session.as_ref(), room) {
        return Err(Refusal::NotRoomMember);
    }
    Ok(Received(routed))
}

/// Finds out whether anybody hears it, and whether the app's hooks let it out.
pub(super) async fn resolve(
    server: &Server,
    Executed { routed, output }: Executed,
) -> Result<Delivery, Failure> {
    if server.rooms.is_empty(&routed.request.room) {
        return Err(Refusal::NoReceivers.into());
    }
    let event = || PreSyncFanout {
        request: routed.info(),
    };
    let hooks = &server.hooks.pre_fanout;
    hooks.ask(server.config.hook_timeout, event).await?;
    Ok(Delivery::new(routed, output))
}

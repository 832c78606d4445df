//! Whether the sender may send to the room.

use super::{authorize::Authorized, identify::Requester};
use crate::{error::Refusal, routed::Routed};

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

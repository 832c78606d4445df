//! Whether the sender may send to the room, and, once the handler has run, who is in it.

use super::{authorize::Authorized, execute::Executed, identify::Requester};
use crate::{
    Failure,
    error::Refusal,
    fanout::{Delivery, Origin},
    server::Server,
};

/// The receiver that means everybody. Clients may not send to it.
pub(crate) const EVERYBODY: &str = "all";

/// A request whose sender may send to its room.
pub(super) struct Received(pub(super) Authorized);

pub(super) fn admit(requester: &Requester, authorized: Authorized) -> Result<Received, Refusal> {
    let room = &authorized.request.room;
    if room.as_str() == EVERYBODY {
        return Err(Refusal::ReceiverNotAllowed);
    }
    if !requester.is_member(authorized.request.session.as_ref(), room) {
        return Err(Refusal::NotRoomMember);
    }
    Ok(Received(authorized))
}

/// Finds out whether anybody hears it.
pub(super) fn resolve(server: &Server, executed: Executed) -> Result<Delivery, Failure> {
    let Executed {
        route,
        request,
        ignore_self,
        output,
    } = executed;
    let origin = Origin {
        room: request.room,
        input: request.data,
        except: request
            .session
            .filter(|_| ignore_self)
            .map(|session| session.key().clone()),
    };
    if server.rooms.is_empty(&origin.room) {
        return Err(Refusal::NoReceivers.into());
    }
    Ok(Delivery::new(route, origin, output))
}

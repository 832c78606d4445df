//! What a request is for, by name and receiver.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::{Requester, shape::Shaped};
use crate::{
    Failure, error::Refusal, hooks::PreSocketMessage, repeats::MadeAs, room::RoomCode,
    route::RouteName, server::Server,
};

/// A request with a well-formed name and receiver; neither need exist.
pub(super) struct Addressed {
    pub(super) name: RouteName,
    pub(super) receiver: RoomCode,
    pub(super) data: Arc<RawValue>,
    pub(super) ignore_self: bool,
    pub(super) made_as: Option<MadeAs>,
    pub(super) user: Option<Arc<str>>,
}

/// Checks a request's `cb`, name and receiver, once the hooks of messages have let it pass.
pub(super) async fn address(
    server: &Server,
    requester: &Requester,
    request: Shaped,
) -> Result<Addressed, Failure> {
    if let Requester::Connection(connection) = requester {
        let message = || PreSocketMessage {
            visitor: connection.visitor().clone(),
            name: request.name.clone(),
        };
        let hooks = &server.hooks.socket_message;
        hooks.ask(server.config.hook_timeout, message).await?;
        if !request.has_callback {
            return Err(Refusal::InvalidCallback.into());
        }
    }
    Ok(Addressed {
        name: RouteName::parse(&request.name)?,
        receiver: RoomCode::parse(&request.receiver)?,
        data: request.data,
        ignore_self: request.ignore_self,
        made_as: request.made_as,
        user: request.user,
    })
}

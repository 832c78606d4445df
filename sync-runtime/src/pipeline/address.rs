//! The second stage: what a request is for, by name and receiver.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::shape::Shaped;
use crate::{error::Refusal, room::RoomCode, route::RouteName};

/// A request with a well-formed name and receiver; neither need exist.
pub(crate) struct Addressed {
    pub(super) name: RouteName,
    pub(super) receiver: RoomCode,
    pub(super) data: Arc<RawValue>,
    pub(super) ignore_self: bool,
}

impl Addressed {
    pub(crate) fn name(&self) -> &RouteName {
        &self.name
    }

    /// The room that the request is for, and in whose order it runs.
    pub(crate) fn receiver(&self) -> &RoomCode {
        &self.receiver
    }
}

/// Checks a request's name and receiver.
pub(crate) fn address(request: Shaped) -> Result<Addressed, Refusal> {
    Ok(Addressed {
        name: RouteName::parse(&request.name)?,
        receiver: RoomCode::parse(&request.receiver)?,
        data: request.data,
        ignore_self: request.ignore_self,
    })
}

//! Whether the input fits: the handler's parameters are read, and its call is ready to run.

use std::{panic::AssertUnwindSafe, sync::Arc};

use super::receiver::Received;
use crate::{
    Failure,
    handler::{context::Request, server::PreparedCall},
    panic,
    route::Route,
};

/// A request whose handler can run.
pub(super) struct Validated {
    pub(super) route: Arc<Route>,
    pub(super) request: Request,
    pub(super) ignore_self: bool,
    pub(super) call: PreparedCall,
}

pub(super) fn validate(Received(authorized): Received) -> Result<Validated, Failure> {
    let prepare = || (authorized.route.server.prepare)(&authorized.request);
    let call = std::panic::catch_unwind(AssertUnwindSafe(prepare))
        .unwrap_or_else(|payload| Err(Failure::internal(panic::text(&*payload))))?;
    Ok(Validated {
        route: authorized.route,
        request: authorized.request,
        ignore_self: authorized.ignore_self,
        call,
    })
}

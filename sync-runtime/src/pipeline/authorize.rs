//! Whether the route exists and may be used: login and predicates.

use std::sync::Arc;

use super::identify::Identified;
use crate::{
    Failure,
    error::Refusal,
    handler::{context::Request, server::Auth},
    route::Route,
    server::Server,
};

/// A request whose sender may use the route.
pub(super) struct Authorized {
    pub(super) route: Arc<Route>,
    pub(super) request: Request,
    pub(super) ignore_self: bool,
}

pub(super) async fn authorize(
    server: &Server,
    Identified { request, session }: Identified,
) -> Result<Authorized, Failure> {
    let route = server.routes.find(&request.name)?;
    if route.server.auth == Auth::Login && session.is_none() {
        return Err(Refusal::LoginRequired.into());
    }
    let authorized = Authorized {
        route,
        ignore_self: request.ignore_self,
        request: Request {
            state: server.state.clone(),
            session,
            room: request.receiver,
            data: request.data,
            explain: server.config.explain_invalid_input,
        },
    };
    (authorized.route.server.authorize)(&authorized.request).await?;
    Ok(authorized)
}

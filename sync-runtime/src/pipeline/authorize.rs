//! Whether the route exists and may be used: login and predicates.

use tokio_util::sync::CancellationToken;

use super::{contain::within, identify::Identified};
use crate::{
    Failure,
    error::Refusal,
    handler::{context::Request, server::Auth},
    request_values::RequestValues,
    routed::Routed,
    server::Server,
};

/// A request whose sender may use the route.
pub(super) struct Authorized(pub(super) Routed);

pub(super) async fn authorize(
    server: &Server,
    identified: Identified,
    cancelled: CancellationToken,
) -> Result<Authorized, Failure> {
    let Identified {
        request,
        session,
        locale,
        connection,
    } = identified;
    let route = server.routes.find(&request.name)?;
    if route.server.auth == Auth::Login && session.is_none() {
        return Err(Refusal::LoginRequired.into());
    }
    let routed = Routed {
        route,
        connection,
        ignore_self: request.ignore_self,
        made_as: request.made_as,
        request: Request {
            state: server.state.clone(),
            session,
            locale,
            values: RequestValues::default(),
            room: request.receiver,
            data: request.data,
            explain: server.config.explain_invalid_input,
            cancelled,
            streams: None,
        },
    };
    if let Some(predicates) = routed.route.server.predicates {
        let time = routed.route.handler_time(&server.config);
        let asked = predicates(&routed.request);
        within(time, &routed.request.cancelled, asked).await??;
    }
    Ok(Authorized(routed))
}

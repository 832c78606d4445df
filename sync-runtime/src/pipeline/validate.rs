//! Whether the input fits: the handler's parameters are read, and its call is ready to run.

use std::panic::AssertUnwindSafe;

use super::admit::Admitted;
use crate::{
    Failure,
    handler::server::PreparedCall,
    hooks::{PostSyncValidate, PreSyncValidate},
    panic,
    routed::Routed,
    server::Server,
};

/// A request whose handler can run.
pub(super) struct Validated {
    pub(super) routed: Routed,
    pub(super) call: PreparedCall,
}

pub(super) async fn validate(
    server: &Server,
    Admitted(routed): Admitted,
) -> Result<Validated, Failure> {
    let limit = server.config.hook_timeout;
    let before = || PreSyncValidate {
        request: routed.info(),
    };
    server.hooks.pre_validate.ask(limit, before).await?;

    let prepare = || (routed.route.server.prepare)(&routed.request);
    let call = std::panic::catch_unwind(AssertUnwindSafe(prepare))
        .unwrap_or_else(|payload| Err(Failure::internal(panic::text(&*payload))))?;

    let after = || PostSyncValidate {
        request: routed.info(),
    };
    server.hooks.post_validate.tell(limit, after).await;
    Ok(Validated { routed, call })
}

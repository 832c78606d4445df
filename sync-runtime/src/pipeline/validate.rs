//! Whether the input fits: the handler's parameters are read, and its call is ready to run.

use std::{panic::AssertUnwindSafe, sync::Arc};

use super::{
    record::Recordable,
    streams::{self, Open},
};
use crate::{
    Failure,
    handler::server::PreparedCall,
    hooks::{PostSyncValidate, PreSyncValidate},
    panic,
    routed::Routed,
    server::Server,
    stream::Outlet,
};

/// A request whose handler can run.
pub(super) struct Validated {
    pub(super) routed: Routed,
    pub(super) call: PreparedCall,
    pub(super) streams: Option<Open>,
}

pub(super) async fn validate(
    server: &Arc<Server>,
    Recordable(mut routed): Recordable,
    progress: impl FnOnce() -> Arc<dyn Outlet>,
) -> Result<Validated, Failure> {
    let limit = server.config.hook_timeout;
    let before = || PreSyncValidate {
        request: routed.info(),
    };
    server.hooks.pre_validate.ask(limit, before).await?;

    let (streams, open) = streams::open(server, &routed, progress).unzip();
    routed.request.streams = streams;
    let prepare = || (routed.route.server.prepare)(&routed.request);
    let call = std::panic::catch_unwind(AssertUnwindSafe(prepare))
        .unwrap_or_else(|payload| Err(Failure::internal(panic::text(&*payload))))?;

    let after = || PostSyncValidate {
        request: routed.info(),
    };
    server.hooks.post_validate.tell(limit, after).await;
    // The parameters have theirs. What is left here would keep the streams for as long as the
    // deliveries take.
    routed.request.streams = None;
    Ok(Validated {
        routed,
        call,
        streams: open,
    })
}

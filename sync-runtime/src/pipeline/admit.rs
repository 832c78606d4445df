//! What the app itself has to say about a request, before its input is looked at.

use super::limit::Limited;
use crate::{
    Failure,
    hooks::{PostSyncAuthorize, PreSyncAuthorize},
    routed::Routed,
    server::Server,
};

/// A request that the app's hooks let pass.
pub(super) struct Admitted(pub(super) Routed);

pub(super) async fn admit(server: &Server, Limited(routed): Limited) -> Result<Admitted, Failure> {
    let limit = server.config.hook_timeout;
    let before = || PreSyncAuthorize {
        request: routed.info(),
    };
    server.hooks.pre_authorize.ask(limit, before).await?;
    let after = || PostSyncAuthorize {
        request: routed.info(),
    };
    server.hooks.post_authorize.tell(limit, after).await;
    Ok(Admitted(routed))
}

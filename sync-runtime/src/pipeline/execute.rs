//! Running the handler: within its time, until it is cancelled, and with its panics contained.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::validate::Validated;
use crate::{
    Failure,
    error::Refusal,
    handler::{output::OutputJson, server::PreparedCall},
    hooks::{PostSyncExecute, PreSyncExecute},
    observe, panic,
    routed::Routed,
    server::Server,
};

/// A request whose handler has succeeded.
pub(super) struct Executed {
    pub(super) routed: Routed,
    pub(super) output: OutputJson,
}

pub(super) async fn execute(
    server: &Server,
    Validated { routed, call }: Validated,
    cancelled: &CancellationToken,
) -> Result<Executed, Failure> {
    let limit = server.config.hook_timeout;
    let before = || PreSyncExecute {
        request: routed.info(),
    };
    server.hooks.pre_execute.ask(limit, before).await?;
    let time = routed
        .route
        .server
        .timeout
        .unwrap_or(server.config.handler_timeout);
    let handler = finish(call, time, cancelled);
    let output = observe::handled(&routed.route, handler).await;
    let after = || PostSyncExecute {
        request: routed.info(),
        failed: output.as_ref().err().map(|failure| failure.code().into()),
    };
    server.hooks.post_execute.tell(limit, after).await;
    Ok(Executed {
        output: output?,
        routed,
    })
}

async fn finish(
    call: PreparedCall,
    time: Duration,
    cancelled: &CancellationToken,
) -> Result<OutputJson, Failure> {
    let call = AssertUnwindSafe(call).catch_unwind();
    tokio::select! {
        biased;
        () = cancelled.cancelled() => Err(Refusal::Aborted.into()),
        finished = tokio::time::timeout(time, call) => match finished {
            Ok(Ok(output)) => output,
            Ok(Err(payload)) => Err(Failure::internal(panic::text(&*payload))),
            Err(_) => Err(Refusal::Timeout.into()),
        },
    }
}

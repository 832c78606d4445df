//! Running the handler: within its time, until it is cancelled, and with its panics contained.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::validate::Validated;
use crate::{
    Failure,
    error::Refusal,
    handler::{context::Request, output::OutputJson},
    panic,
    route::Route,
    server::Server,
};

/// A request whose handler has succeeded.
pub(super) struct Executed {
    pub(super) route: Arc<Route>,
    pub(super) request: Request,
    pub(super) ignore_self: bool,
    pub(super) output: OutputJson,
}

pub(super) async fn execute(
    server: &Server,
    validated: Validated,
    cancelled: &CancellationToken,
) -> Result<Executed, Failure> {
    let call = AssertUnwindSafe(validated.call).catch_unwind();
    let output = tokio::select! {
        biased;
        () = cancelled.cancelled() => Err(Refusal::Aborted.into()),
        finished = tokio::time::timeout(server.config.handler_timeout, call) => match finished {
            Ok(Ok(output)) => output,
            Ok(Err(payload)) => Err(Failure::internal(panic::text(&*payload))),
            Err(_) => Err(Refusal::Timeout.into()),
        },
    }?;
    Ok(Executed {
        route: validated.route,
        request: validated.request,
        ignore_self: validated.ignore_self,
        output,
    })
}

//! Running the handler, with its hooks before and after.

use std::{future::poll_fn, pin::pin, task::Context, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    contain::{contained, within},
    streams::Open,
    validate::Validated,
};
use crate::{
    Failure,
    connection::Turn,
    handler::{output::OutputJson, server::PreparedCall},
    hooks::{PostSyncExecute, PreSyncExecute},
    observe,
    routed::Routed,
    server::Server,
};

/// A request whose handler has run to its end.
pub(super) struct Executed {
    pub(super) routed: Routed,
    pub(super) output: Result<OutputJson, Failure>,
}

/// Runs the handler. It fails if that did not run, or was stopped before its end.
pub(super) async fn execute(
    server: &Server,
    Validated {
        routed,
        call,
        streams,
    }: Validated,
    turn: Option<Turn>,
) -> Result<Executed, Failure> {
    let limit = server.config.hook_timeout;
    let before = || PreSyncExecute {
        request: routed.info(),
    };
    server.hooks.pre_execute.ask(limit, before).await?;
    let time = routed.route.handler_time(&server.config);
    let running = Running {
        call,
        streams,
        turn,
    };
    let handler = running.finish(time, &routed.request.cancelled);
    let output = observe::handled(&routed.route, handler).await;
    let after = || PostSyncExecute {
        request: routed.info(),
        failed: failed_with(&output).map(|failure| failure.code().into()),
    };
    server.hooks.post_execute.tell(limit, after).await;
    Ok(Executed {
        output: output?,
        routed,
    })
}

fn failed_with(output: &Result<Result<OutputJson, Failure>, Failure>) -> Option<&Failure> {
    match output {
        Ok(output) => output.as_ref().err(),
        Err(stopped) => Some(stopped),
    }
}

/// A handler's call with what ends with it.
struct Running {
    call: PreparedCall,
    streams: Option<Open>,
    turn: Option<Turn>,
}

impl Running {
    async fn finish(
        self,
        time: Duration,
        cancelled: &CancellationToken,
    ) -> Result<Result<OutputJson, Failure>, Failure> {
        let Self {
            call,
            streams,
            mut turn,
        } = self;
        let streams_at_all = streams.is_some();
        let mut call = pin!(contained(call));
        let begun = poll_fn(|context: &mut Context<'_>| {
            let poll = call.as_mut().poll(context);
            // What streams begins in its order, and lets the next begin when it first waits.
            if poll.is_pending() && streams_at_all {
                turn = None;
            }
            poll
        });
        let finished = within(time, cancelled, begun).await;
        match streams {
            None => finished,
            Some(streams) => {
                // Closed before the call is dropped: what a stopped handler still holds is not sent.
                let broken = streams
                    .broken()
                    .map(|problem| Failure::internal(problem.to_owned()));
                drop(streams);
                match broken {
                    Some(broken) => finished.map(|_| Err(broken)),
                    None => finished,
                }
            }
        }
    }
}

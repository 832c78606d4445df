//! Whether a request has been made before: one with an id runs once.

use std::sync::Arc;

use tokio::time::timeout;

use super::{Ended, admit::Admitted, record::Deliverable};
use crate::{
    Failure,
    connection::Turn,
    error::Refusal,
    observe,
    repeats::{Answer, Attempt, Begun, Claim, Content, RequestKey, RequestSender},
    routed::Routed,
    server::Server,
    session::AnySession,
};

/// The repeat of a request that ran before.
pub(super) struct Repeated {
    pub(super) message: String,
    pub(super) answer: Arc<Answer>,
}

/// A request that was not made before, as far as is known.
pub(super) struct Fresh {
    pub(super) admitted: Admitted,
    pub(super) memory: Memory,
}

/// What takes the answer of a request that may be repeated. Dropped before that, it leaves no trace.
pub(super) struct Memory(Option<Box<dyn Claim>>);

/// Begins a request, or finds how it ended the first time. While that still runs it is waited for,
/// as long as its handler may take, and what is behind the repeat of a streaming one begins.
pub(super) async fn recognise(
    server: &Server,
    Admitted(routed): Admitted,
    turn: &mut Option<Turn>,
) -> Result<Fresh, Ended> {
    let Some(attempt) = attempt(&routed) else {
        return Ok(Fresh::new(routed, None));
    };
    let beginning = async {
        loop {
            let begun = server.repeats.begin(&attempt).await;
            match begun.map_err(|_| Refusal::ClusterUnavailable)? {
                Begun::First(claim) => return Ok(Ok(claim)),
                Begun::Before(answer) => return Ok(Err(answer)),
                Begun::Other => return Err(Refusal::RequestIdReused),
                Begun::Running(over) => {
                    *turn = None;
                    over.await;
                }
            }
        }
    };
    let time = routed.route.handler_time(&server.config);
    let begun = tokio::select! {
        biased;
        () = routed.request.cancelled.cancelled() => Err(Refusal::Aborted),
        begun = timeout(time, beginning) => begun.unwrap_or(Err(Refusal::Timeout)),
    };
    match begun? {
        Ok(claim) => Ok(Fresh::new(routed, Some(claim))),
        Err(answer) => {
            observe::repeated();
            Err(Ended::Repeated(Repeated {
                message: routed.route.success_message(),
                answer,
            }))
        }
    }
}

/// Which request it is. One over HTTP by somebody who is not logged in is nobody's in particular.
/// Neither is heard in any room but, on a connection, its own: a repeat elsewhere is refused.
fn attempt(routed: &Routed) -> Option<Attempt> {
    let made = routed.made_as.as_ref()?;
    let request = &routed.request;
    let user = request.session.as_ref().map(AnySession::user_id);
    let sender = match (user, routed.connection) {
        (Some(user), _) => RequestSender::User(user.into()),
        (None, Some(connection)) => RequestSender::Connection(connection.as_str().into()),
        (None, None) => return None,
    };
    Some(Attempt {
        key: RequestKey {
            sender,
            route: routed.route.full_name.clone(),
            id: made.id.clone(),
        },
        content: Content::of(
            request.room.as_str(),
            routed.ignore_self,
            request.data.get(),
        ),
        is_repeat: made.is_repeat,
    })
}

impl Fresh {
    fn new(routed: Routed, claim: Option<Box<dyn Claim>>) -> Self {
        Self {
            admitted: Admitted(routed),
            memory: Memory(claim),
        }
    }
}

impl Memory {
    /// Forgets a request that came to nothing.
    pub(super) async fn give_up(self) {
        if let Some(claim) = self.0 {
            claim.give_up().await;
        }
    }

    /// Remembers how a request ended whose handler ran to its end.
    pub(super) async fn keep(self, result: &Result<Deliverable, Failure>) {
        let Some(claim) = self.0 else { return };
        let answer = match result {
            Ok(deliverable) => Ok(deliverable.delivery.output.clone()),
            Err(failure) => Err(failure.told()),
        };
        claim.remember(Arc::new(answer)).await;
    }
}

//! Whether a request has been made before: one with an id runs once.

use std::sync::Arc;

use super::{Ended, admit::Admitted, record::Deliverable};
use crate::{
    Failure,
    error::Refusal,
    observe,
    repeats::{Answer, Begun, Claim, Content, RequestKey, RequestSender},
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

/// Begins a request, or finds how it ended the first time; waits for that, if it still runs.
pub(super) async fn recognise(server: &Server, Admitted(routed): Admitted) -> Result<Fresh, Ended> {
    let Some(key) = key(&routed) else {
        return Ok(Fresh::new(routed, None));
    };
    let request = &routed.request;
    let content = Content::of(
        request.room.as_str(),
        routed.ignore_self,
        request.data.get(),
    );
    let begun = tokio::select! {
        biased;
        () = request.cancelled.cancelled() => return Err(Refusal::Aborted.into()),
        begun = server.repeats.begin(key, content) => begun,
    };
    match begun.map_err(|_| Refusal::ClusterUnavailable)? {
        Begun::First(claim) => Ok(Fresh::new(routed, Some(claim))),
        Begun::Before(answer) => {
            observe::repeated();
            Err(Ended::Repeated(Repeated {
                message: routed.route.success_message(),
                answer,
            }))
        }
        Begun::Other => Err(Refusal::RequestIdReused.into()),
    }
}

/// Which request it is. One over HTTP by somebody who is not logged in is nobody's in particular.
fn key(routed: &Routed) -> Option<RequestKey> {
    let user = routed.request.session.as_ref().map(AnySession::user_id);
    let sender = match (user, routed.connection) {
        (Some(user), _) => RequestSender::User(user.into()),
        (None, Some(connection)) => RequestSender::Connection(connection.as_str().into()),
        (None, None) => return None,
    };
    Some(RequestKey {
        sender,
        route: routed.route.full_name.clone(),
        id: routed.id.clone()?,
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
    /// Remembers how a request ended whose handler ran to its end.
    pub(super) async fn keep(self, result: &Result<Deliverable, Failure>) {
        let Some(claim) = self.0 else { return };
        let answer = match result {
            Ok(deliverable) => Ok(deliverable.delivery.output().clone()),
            Err(failure) => Err(failure.told()),
        };
        claim.remember(answer).await;
    }
}

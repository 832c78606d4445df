//! What happens to a request, from its packet to its deliveries: one pipeline for all transports.
//!
//! Each stage is a function from what the stage before it established to what it establishes
//! itself, so that a check cannot be left out: only [`address::address`] makes an `Addressed`, only
//! [`authorize::authorize`] an `Authorized`, and so on to the fan-out. A transport reads a packet
//! with [`shape::shape`], calls [`run`], and writes the answer.

mod address;
mod admit;
mod authorize;
mod contain;
mod execute;
mod identify;
mod limit;
mod publish;
mod receiver;
mod recipients;
mod record;
mod repeat;
pub(crate) mod shape;
mod streams;
mod validate;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    contain::{contained, within},
    identify::Requester,
    publish::{Publication, publish},
    receiver::EVERYBODY,
};
use self::{
    record::Deliverable,
    repeat::{Fresh, Repeated},
    shape::Shaped,
};
use crate::{
    Failure, connection::Turn, error::Refusal, handler::output::OutputJson, observe,
    server::Server, stream::Outlet,
};

/// The answer to a request that succeeded.
pub(crate) struct Success<'a> {
    pub(crate) message: &'a str,
    pub(crate) output: &'a OutputJson,
}

/// Where what a request leads to goes: for each transport its own.
pub(crate) trait Reply: Send {
    /// Where the payloads of a stream to the client go.
    fn progress(&self) -> Arc<dyn Outlet>;

    /// Sends the answer.
    fn answer(self, answer: Result<Success<'_>, &Failure>);
}

/// A request as its transport hands it over.
pub(crate) struct Incoming {
    pub(crate) request: Shaped,
    pub(crate) cancelled: CancellationToken,
    /// Its turn, if others wait for it to be over.
    pub(crate) turn: Option<Turn>,
}

/// Runs a request to its end. It is answered once, before the deliveries are made.
pub(crate) async fn run(
    server: &Arc<Server>,
    requester: &Requester,
    incoming: Incoming,
    reply: impl Reply,
) {
    let name = incoming.request.name().clone();
    let route = server.routes.named(&name);
    observe::observe(route, incoming.request.arrived(), |watch| async move {
        let progress = || reply.progress();
        // Whatever of the app panics, the request is answered.
        match contained(up_to_fan_out(server, requester, incoming, progress)).await {
            Err(Ended::Failed(failure)) => {
                failure.log(&name);
                watch.answered(Some(&failure));
                let failure = requester.in_own_words(server, failure).await;
                reply.answer(Err(&failure));
            }
            Err(Ended::Repeated(Repeated { message, answer })) => match &*answer {
                Ok(output) => {
                    watch.answered(None);
                    let message = &message;
                    reply.answer(Ok(Success { message, output }));
                }
                Err(failure) => {
                    watch.answered(Some(failure));
                    let failure = requester.in_own_words(server, failure.told()).await;
                    reply.answer(Err(&failure));
                }
            },
            Ok(deliverable) => {
                watch.answered(None);
                reply.answer(Ok(Success {
                    message: &deliverable.delivery.message,
                    output: &deliverable.delivery.output,
                }));
                deliverable.deliver(server).await;
            }
        }
    })
    .await;
}

/// Why a request has nothing to deliver.
enum Ended {
    Failed(Failure),
    /// It ran before, and nobody hears it again.
    Repeated(Repeated),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

/// The stages, in the order of the wire contract.
async fn up_to_fan_out(
    server: &Arc<Server>,
    requester: &Requester,
    incoming: Incoming,
    progress: impl FnOnce() -> Arc<dyn Outlet>,
) -> Result<Deliverable, Ended> {
    let Incoming {
        request,
        cancelled,
        mut turn,
    } = incoming;
    let addressed = address::address(server, requester, request).await?;
    let identified = identify::identify(server, requester, addressed).await?;
    let authorized = authorize::authorize(server, identified, cancelled).await?;
    let received = receiver::receive(requester, authorized)?;
    let limited = limit::limit(server, requester, received).await?;
    let admitted = admit::admit(server, limited).await?;
    let Fresh { admitted, memory } = repeat::recognise(server, admitted, &mut turn).await?;
    let executed = async {
        let recordable = record::recordable(server, admitted)?;
        let validated = validate::validate(server, recordable, progress).await?;
        execute::execute(server, validated, turn).await
    };
    let executed = match executed.await {
        Ok(executed) => executed,
        Err(failure) => {
            // Before the answer: its client may ask anew at once.
            memory.give_up().await;
            return Err(failure.into());
        }
    };
    let delivered = async {
        let delivery = recipients::resolve(server, executed).await?;
        record::record(server, delivery).await
    };
    let delivered = delivered.await;
    memory.keep(&delivered).await;
    Ok(delivered?)
}

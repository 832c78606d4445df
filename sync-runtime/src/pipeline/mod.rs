//! What happens to a request, from its packet to its deliveries: one pipeline for all transports.
//!
//! Each stage is a function from what the stage before it established to what it establishes
//! itself, so that a check cannot be left out: only [`address::address`] makes an `Addressed`, only
//! [`authorize::authorize`] an `Authorized`, and so on to the fan-out. A transport reads a packet
//! with [`shape::shape`], calls [`run`], and writes the answer.

mod address;
mod admit;
mod authorize;
mod execute;
mod identify;
mod limit;
mod receiver;
mod recipients;
pub(crate) mod shape;
mod validate;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use self::shape::Shaped;
pub(crate) use self::{identify::Requester, receiver::EVERYBODY};
use crate::{Failure, fanout, handler::output::OutputJson, observe, server::Server};

/// The answer to a request that succeeded.
pub(crate) struct Success<'a> {
    pub(crate) message: &'a str,
    pub(crate) output: &'a OutputJson,
}

/// Runs a request to its end. `answer` is called once, before the deliveries are made.
pub(crate) async fn run(
    server: &Arc<Server>,
    requester: &Requester,
    request: Shaped,
    cancelled: &CancellationToken,
    answer: impl FnOnce(Result<Success<'_>, &Failure>) + Send,
) {
    let name = request.name().clone();
    let route = server.routes.named(&name);
    observe::observe(route, request.arrived(), |watch| async move {
        match up_to_fan_out(server, requester, request, cancelled).await {
            Err(failure) => {
                failure.log(&name);
                watch.answered(Some(&failure));
                answer(Err(&failure));
            }
            Ok(delivery) => {
                watch.answered(None);
                answer(Ok(Success {
                    message: delivery.message(),
                    output: delivery.output(),
                }));
                fanout::fan_out(server, delivery).await;
            }
        }
    })
    .await;
}

/// The stages, in the order of the wire contract.
async fn up_to_fan_out(
    server: &Arc<Server>,
    requester: &Requester,
    request: Shaped,
    cancelled: &CancellationToken,
) -> Result<fanout::Delivery, Failure> {
    let addressed = address::address(server, requester, request).await?;
    let identified = identify::identify(server, requester, addressed).await?;
    let authorized = authorize::authorize(server, identified).await?;
    let received = receiver::receive(requester, authorized)?;
    let limited = limit::limit(server, requester, received).await?;
    let admitted = admit::admit(server, limited).await?;
    let validated = validate::validate(server, admitted).await?;
    let executed = execute::execute(server, validated, cancelled).await?;
    recipients::resolve(server, executed).await
}

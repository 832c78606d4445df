//! What happens to a request, from its packet to its deliveries: one pipeline for all transports.
//!
//! Each stage is a function from what the stage before it established to what it establishes
//! itself, so that a check cannot be left out: only [`address::address`] makes an [`Addressed`],
//! only [`authorize::authorize`] an [`Authorized`](authorize::Authorized), and so on to the fan-out.
//! A transport parses a packet, calls [`shape::shape`], [`address::address`] and [`run`], and writes
//! the answers.

pub(crate) mod address;
mod authorize;
mod execute;
mod identify;
pub(crate) mod receiver;
pub(crate) mod shape;
mod validate;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub(crate) use self::{address::Addressed, identify::Requester};
use crate::{Failure, fanout, handler::output::OutputJson, server::Server};

/// The answer to a request that succeeded.
pub(crate) struct Success<'a> {
    pub(crate) message: &'a str,
    pub(crate) output: &'a OutputJson,
}

/// Runs a request to its end. `answer` is called once, before the deliveries are made.
pub(crate) async fn run(
    server: &Arc<Server>,
    requester: &Requester,
    request: Addressed,
    cancelled: &CancellationToken,
    answer: impl FnOnce(Result<Success<'_>, &Failure>) + Send,
) {
    let full_name = request.name().clone();
    match execute_request(server, requester, request, cancelled).await {
        Err(failure) => {
            failure.log(full_name.as_str());
            answer(Err(&failure));
        }
        Ok(delivery) => {
            answer(Ok(Success {
                message: delivery.message(),
                output: delivery.output(),
            }));
            fanout::fan_out(server, delivery).await;
        }
    }
}

async fn execute_request(
    server: &Arc<Server>,
    requester: &Requester,
    request: Addressed,
    cancelled: &CancellationToken,
) -> Result<fanout::Delivery, Failure> {
    let identified = identify::identify(server, requester, request).await?;
    let authorized = authorize::authorize(server, identified).await?;
    let received = receiver::admit(requester, authorized)?;
    let validated = validate::validate(received)?;
    let executed = execute::execute(server, validated, cancelled).await?;
    receiver::resolve(server, executed)
}

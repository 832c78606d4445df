//! Whether the sender has asked too often.

use std::time::Duration;

use super::{identify::Requester, receiver::Received};
use crate::{
    Failure, error::Refusal, hooks::RateLimitExceeded, limits::RateLimit, routed::Routed,
    server::Server, session::AnySession,
};

/// A request that is within its rates.
pub(super) struct Limited(pub(super) Routed);

pub(super) async fn limit(
    server: &Server,
    requester: &Requester,
    Received(routed): Received,
) -> Result<Limited, Failure> {
    let Err(wait) = take(server, requester, &routed) else {
        return Ok(Limited(routed));
    };
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let event = || RateLimitExceeded {
        request: routed.info(),
        seconds,
    };
    let hooks = &server.hooks.rate_limit_exceeded;
    hooks.tell(server.config.hook_timeout, event).await;
    Err(Refusal::TooManyRequests { seconds }.into())
}

/// Takes one from the address's bucket and one from the route's: that of the user, or of the address
/// where nobody is logged in.
fn take(server: &Server, requester: &Requester, routed: &Routed) -> Result<(), Duration> {
    let address = requester.address();
    if let (Some(rate), Some(address)) = (server.config.address_rate_limit, address) {
        server.buckets.take(address, rate)?;
    }
    let rate = match routed.route.server.rate_limit {
        RateLimit::Off => return Ok(()),
        RateLimit::Limited(rate) => rate,
        RateLimit::Default => match server.config.route_rate_limit {
            Some(rate) => rate,
            None => return Ok(()),
        },
    };
    let user = routed.request.session.as_ref().map(AnySession::user_id);
    match (user, address) {
        (Some(user), _) => server.buckets.take((&routed.route.full_name, user), rate),
        (None, Some(address)) => server
            .buckets
            .take((&routed.route.full_name, address), rate),
        (None, None) => server.buckets.take(&routed.route.full_name, rate),
    }
}

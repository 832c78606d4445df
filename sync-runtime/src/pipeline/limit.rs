//! Whether the sender has asked too often.

use std::time::Duration;

use super::{identify::Requester, receiver::Received};
use crate::{
    Failure, Rate,
    error::Refusal,
    hooks::RateLimitExceeded,
    limits::{Address, Bucket, RateLimit, Take},
    routed::Routed,
    server::Server,
    session::AnySession,
};

/// A request that is within its rates.
pub(super) struct Limited(pub(super) Routed);

pub(super) async fn limit(
    server: &Server,
    requester: &Requester,
    Received(routed): Received,
) -> Result<Limited, Failure> {
    let Err(wait) = take(server, requester, &routed).await else {
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

/// Takes one from the address's bucket and one from the route's.
async fn take(server: &Server, requester: &Requester, routed: &Routed) -> Result<(), Duration> {
    let address = requester.address();
    let of_address = address.zip(server.config.address_rate_limit);
    let of_address = of_address.map(|(address, rate)| Take {
        from: Bucket::Address(address),
        rate,
    });
    let of_route = rate(server, routed).map(|rate| Take {
        from: bucket(routed, address),
        rate,
    });
    match (of_address, of_route) {
        (None, None) => Ok(()),
        (Some(one), None) | (None, Some(one)) => server.rates.take(&[one]).await,
        (Some(first), Some(second)) => server.rates.take(&[first, second]).await,
    }
}

/// How often somebody may use a route.
fn rate(server: &Server, routed: &Routed) -> Option<Rate> {
    match routed.route.server.rate_limit {
        RateLimit::Off => None,
        RateLimit::Limited(rate) => Some(rate),
        RateLimit::Default => server.config.route_rate_limit,
    }
}

/// The route's bucket: that of the user, or of the address where nobody is logged in.
fn bucket(routed: &Routed, address: Option<Address>) -> Bucket<'_> {
    let route = &*routed.route.full_name;
    let user = routed.request.session.as_ref().map(AnySession::user_id);
    match (user, address) {
        (Some(user), _) => Bucket::RouteOfUser(route, user),
        (None, Some(address)) => Bucket::RouteOfAddress(route, address),
        (None, None) => Bucket::Route(route),
    }
}

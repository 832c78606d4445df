//! One request, in its span and in the metrics of its route.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::{Instrument, Span, field::Empty};

use super::metric::{SUCCESS, UNKNOWN, count_published, failed};
use crate::{Failure, route::Route};

/// Runs a request in its span. `route` is what its name turns out to be, `arrived` when it came.
///
/// The work gets a [`Watch`] to say how the request ended.
pub(crate) async fn observe<F: Future<Output = ()>>(
    route: Option<Arc<Route>>,
    arrived: Instant,
    work: impl FnOnce(Watch) -> F,
) {
    let queued = arrived.elapsed();
    let name = route.as_ref().map_or(UNKNOWN, |route| &route.full_name);
    let span = tracing::info_span!(
        target: "sync_runtime::request",
        "sync_request",
        route = name,
        outcome = Empty,
        queue_ms = millis(queued),
        handler_ms = Empty,
        fanout_ms = Empty,
        recipients = Empty,
    );
    if let Some(route) = &route {
        route.metrics.queued(&route.full_name, queued);
    }
    work(Watch { route }).instrument(span).await;
}

/// Publishes in a span of its own, and counts it.
pub(crate) async fn published(
    route: &Route,
    publishing: impl Future<Output = Result<usize, Failure>>,
) -> Result<usize, Failure> {
    let span = tracing::info_span!(
        target: "sync_runtime::publication",
        parent: None,
        "sync_publication",
        route = &*route.full_name,
        outcome = Empty,
        fanout_ms = Empty,
        recipients = Empty,
    );
    let published = publishing.instrument(span.clone()).await;
    let outcome = published.as_ref().err().map_or(SUCCESS, Failure::code);
    span.record("outcome", outcome);
    count_published(&route.full_name, outcome);
    published
}

/// Waits for how a request ends.
pub(crate) struct Watch {
    route: Option<Arc<Route>>,
}

impl Watch {
    /// Notes the answer that a request got.
    pub(crate) fn answered(self, failure: Option<&Failure>) {
        Span::current().record("outcome", failure.map_or(SUCCESS, Failure::code));
        match (&self.route, failure) {
            (Some(route), None) => route.metrics.succeeded(&route.full_name),
            (None, None) => {}
            (route, Some(failure)) => {
                failed(route.as_ref().map(|route| &route.full_name), failure);
            }
        }
    }
}

/// Notes that a packet was refused before it was known to be a request.
pub(crate) fn refused(failure: &Failure) {
    failed(None, failure);
}

/// Takes the time of a route's handler.
pub(crate) async fn handled<T>(route: &Route, handler: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let result = handler.await;
    let took = begun.elapsed();
    Span::current().record("handler_ms", millis(took));
    route.metrics.handled(&route.full_name, took);
    result
}

/// Takes the time of a fan-out, and how many connections it was sent to.
pub(crate) async fn fanned_out(route: &Route, fan_out: impl Future<Output = usize>) -> usize {
    let begun = Instant::now();
    let sent = fan_out.await;
    let took = begun.elapsed();
    let span = Span::current();
    span.record("fanout_ms", millis(took));
    span.record("recipients", sent);
    route.metrics.fanned_out(&route.full_name, took, sent);
    sent
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

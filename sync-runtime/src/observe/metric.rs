//! The metrics, and the handles through which routes count.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use metrics::{Counter, Histogram, counter, gauge, histogram};

use super::table::table;
use crate::{Failure, door::SlowReason};

table! {
    CONNECTIONS: Gauge of Count = "sync_connections",
        "Open Socket.IO connections.";
    REQUESTS: Counter of Count = "sync_requests_total",
        "Requests that were answered.";
    PUBLICATIONS: Counter of Count = "sync_publications_total",
        "Outputs that the app published itself.";
    QUEUE: Histogram of Seconds = "sync_queue_seconds",
        "From arrival to turn.";
    HANDLER: Histogram of Seconds = "sync_handler_seconds",
        "A server file's function.";
    FANOUT: Histogram of Seconds = "sync_fanout_seconds",
        "The deliveries of a request or publication.";
    SENT: Counter of Count = "sync_deliveries_sent_total",
        "Deliveries handed to a connection.";
    FAILED: Counter of Count = "sync_deliveries_failed_total",
        "Deliveries to a connection that was gone or could not keep up.";
    CLIENT_TIMEOUTS: Counter of Count = "sync_client_timeouts_total",
        "Recipients for whom a `_client` function took too long.";
    SLOW_CONSUMERS: Counter of Count = "sync_slow_consumers_total",
        "Connections closed because they could not keep up.";
    UNSENT: Gauge of Bytes = "sync_unsent_bytes",
        "What waits for the network of all connections together.";
    QUEUE_REFUSALS: Counter of Count = "sync_queue_refusals_total",
        "Requests refused because too many of their connection waited.";
    #[cfg(feature = "redis")]
    RATE_LIMIT_FALLBACKS: Counter of Count = "sync_rate_limit_fallbacks_total",
        "Requests whose rate this process counted alone, because Redis did not answer.";
    STREAM_HOOKS_MISSED: Counter of Count = "sync_stream_hooks_missed_total",
        "Payloads of which the hooks of streams were not told because too many waited.";
    REPEATED: Counter of Count = "sync_repeated_requests_total",
        "Requests answered as they were before.";
    ANSWERS_FORGOTTEN: Counter of Count = "sync_answers_forgotten_total",
        "Answers forgotten before their time to make room for others.";
    #[cfg(feature = "redis")]
    DOUBLED: Counter of Count = "sync_doubled_requests_total",
        "Requests that ran on two nodes although they were one.";
    RESUMED: Counter of Count = "sync_resumed_rooms_total",
        "Rooms that clients resumed.";
    HISTORY_FORGOTTEN: Counter of Count = "sync_history_forgotten_rooms_total",
        "Rooms whose history was forgotten to make room for others'.";
    #[cfg(feature = "redis")]
    FOREIGN_OFFSETS: Counter of Count = "sync_foreign_offsets_total",
        "Offsets that clients had from the data of another Redis.";
    GAPS: Counter of Count = "sync_gaps_total",
        "Times that members were told that deliveries may be missing.";
}

const ROUTE: &str = "route";
const OUTCOME: &str = "outcome";
const REASON: &str = "reason";

/// The outcome of a request that succeeded.
pub(super) const SUCCESS: &str = "success";
/// The route of all requests that name none of the app's: the names are the clients', and a label for
/// each would fill the recorder's memory.
pub(super) const UNKNOWN: &str = "unknown";

/// Counts a connection for as long as it lives.
pub(crate) struct OpenConnection(());

impl OpenConnection {
    pub(crate) fn new() -> Self {
        gauge!(CONNECTIONS).increment(1.0);
        Self(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!(CONNECTIONS).decrement(1.0);
    }
}

/// Counts a request that found too many of its connection waiting.
pub(crate) fn queue_refused() {
    counter!(QUEUE_REFUSALS).increment(1);
}

/// Counts a request whose rate was counted here, because Redis did not answer.
#[cfg(feature = "redis")]
pub(crate) fn rate_limited_alone() {
    counter!(RATE_LIMIT_FALLBACKS).increment(1);
}

/// Counts a payload of which the hooks of streams are not told.
pub(crate) fn stream_hook_missed() {
    counter!(STREAM_HOOKS_MISSED).increment(1);
}

/// Counts a connection that is closed because it could not keep up.
pub(crate) fn evicted(reason: SlowReason) {
    counter!(SLOW_CONSUMERS, REASON => reason.as_str()).increment(1);
}

/// Notes how many bytes wait for the network of all connections together.
#[expect(clippy::cast_precision_loss, reason = "a gauge is no more precise")]
pub(crate) fn unsent(bytes: usize) {
    gauge!(UNSENT).set(bytes as f64);
}

/// Counts a room whose history had to make way for that of others.
pub(crate) fn history_forgotten() {
    counter!(HISTORY_FORGOTTEN).increment(1);
}

/// Counts a request that was answered without running, as it was the first time.
pub(crate) fn repeated() {
    counter!(REPEATED).increment(1);
}

/// Counts an answer that was forgotten before its time, to make room for others.
pub(crate) fn answer_forgotten() {
    counter!(ANSWERS_FORGOTTEN).increment(1);
}

/// Counts an offset from the data of another Redis.
#[cfg(feature = "redis")]
pub(crate) fn foreign_offset() {
    counter!(FOREIGN_OFFSETS).increment(1);
}

/// Counts a word to members that deliveries may be missing.
pub(crate) fn gap(reason: &'static str) {
    counter!(GAPS, REASON => reason).increment(1);
}

/// Counts a request that ran on two nodes.
#[cfg(feature = "redis")]
pub(crate) fn request_doubled() {
    counter!(DOUBLED).increment(1);
}

/// Counts a room that a client wanted to resume.
pub(crate) fn resumed(outcome: &'static str) {
    counter!(RESUMED, OUTCOME => outcome).increment(1);
}

/// Counts a request that was refused.
pub(super) fn failed(route: Option<&Arc<str>>, failure: &Failure) {
    let route = route.cloned().unwrap_or_else(|| Arc::from(UNKNOWN));
    let outcome = failure.code().to_owned();
    counter!(REQUESTS, ROUTE => route, OUTCOME => outcome).increment(1);
}

/// Counts what the app has published, or could not.
pub(super) fn count_published(route: &Arc<str>, outcome: &str) {
    counter!(PUBLICATIONS, ROUTE => route.clone(), OUTCOME => outcome.to_owned()).increment(1);
}

/// A route's metrics. The recorder is asked for them once, at the route's first request.
#[derive(Default)]
pub(crate) struct RouteMetrics(OnceLock<Handles>);

struct Handles {
    succeeded: Counter,
    queue: Histogram,
    handler: Histogram,
    fanout: Histogram,
    sent: Counter,
    failed: Counter,
    timed_out: Counter,
}

impl RouteMetrics {
    fn of(&self, route: &Arc<str>) -> &Handles {
        self.0.get_or_init(|| Handles {
            succeeded: counter!(REQUESTS, ROUTE => route.clone(), OUTCOME => SUCCESS),
            queue: histogram!(QUEUE, ROUTE => route.clone()),
            handler: histogram!(HANDLER, ROUTE => route.clone()),
            fanout: histogram!(FANOUT, ROUTE => route.clone()),
            sent: counter!(SENT, ROUTE => route.clone()),
            failed: counter!(FAILED, ROUTE => route.clone()),
            timed_out: counter!(CLIENT_TIMEOUTS, ROUTE => route.clone()),
        })
    }

    pub(super) fn succeeded(&self, route: &Arc<str>) {
        self.of(route).succeeded.increment(1);
    }

    pub(super) fn queued(&self, route: &Arc<str>, took: Duration) {
        self.of(route).queue.record(took);
    }

    pub(super) fn handled(&self, route: &Arc<str>, took: Duration) {
        self.of(route).handler.record(took);
    }

    pub(super) fn fanned_out(&self, route: &Arc<str>, took: Duration, sent: usize) {
        let handles = self.of(route);
        handles.fanout.record(took);
        handles.sent.increment(sent as u64);
    }

    /// Counts deliveries that did not reach their connection.
    pub(crate) fn missed(&self, route: &Arc<str>, missed: usize) {
        self.of(route).failed.increment(missed as u64);
    }

    /// Counts a recipient for whom the `_client` function took too long.
    pub(crate) fn client_timed_out(&self, route: &Arc<str>) {
        self.of(route).timed_out.increment(1);
    }
}

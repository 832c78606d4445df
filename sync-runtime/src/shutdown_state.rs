//! How far a server is in shutting down, and what it waits for.

use std::sync::atomic::AtomicUsize;

use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// How far a server is in shutting down.
#[derive(Default)]
pub(crate) struct Shutdown {
    pub(crate) begun: CancellationToken,
    /// Cancelled at the deadline, and with it all requests over HTTP.
    pub(crate) deadline: CancellationToken,
    /// Cancelled at the end.
    pub(crate) over: CancellationToken,
    /// The requests over HTTP.
    pub(crate) requests: TaskTracker,
    /// How many connections were busy at the deadline.
    pub(crate) interrupted: AtomicUsize,
}

impl Shutdown {
    /// Whether new clients are turned away.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// For a request that is no connection's: cancelled at the deadline.
    pub(crate) fn request_token(&self) -> CancellationToken {
        self.deadline.child_token()
    }

    /// For a request that is no connection's and has yet to be read: it is waited for at the end until this is dropped.
    pub(crate) fn awaits(&self) -> TaskTrackerToken {
        self.requests.token()
    }

    /// Runs a request that is no connection's, and waits for it at the end.
    pub(crate) fn run_request(&self, request: impl Future<Output = ()> + Send + 'static) {
        self.requests.spawn(request);
    }

    /// Waits for the end of the shutdown.
    pub(crate) async fn is_over(&self) {
        self.over.cancelled().await;
    }
}

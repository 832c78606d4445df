//! Code of the app: within its time, until its request is cancelled, and with its panics contained.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{Failure, error::Refusal, panic};

/// Waits for what runs; it fails if that was stopped before its end. One that waits for nothing needs no clock.
pub(crate) async fn within<T>(
    time: Duration,
    cancelled: &CancellationToken,
    running: impl Future<Output = T>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = cancelled.cancelled() => Err(Refusal::Aborted.into()),
        finished = timeout(time, running) => finished.map_err(|_| Refusal::Timeout.into()),
    }
}

/// Makes a failure of a panic.
pub(crate) async fn contained<T, E: From<Failure>>(
    running: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    panic::contained(running, |said| Failure::internal(said).into()).await
}

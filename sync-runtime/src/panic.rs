//! Panics of the app's code, and what they said.

use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::FutureExt;

/// Waits for what runs, and makes an error of a panic.
pub(crate) async fn contained<T, E>(
    running: impl Future<Output = Result<T, E>>,
    error: impl FnOnce(String) -> E,
) -> Result<T, E> {
    let finished = AssertUnwindSafe(running).catch_unwind().await;
    finished.unwrap_or_else(|payload| Err(error(text(&*payload))))
}

/// The text of a panic, for the log.
pub(crate) fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a message"))
}

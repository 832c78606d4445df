//! A request's streams over HTTP, as server-sent events.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    sync::Arc,
    task::{Poll, Waker},
    time::Duration,
};

use axum::response::sse::Event;
use futures_util::{
    FutureExt, Stream,
    future::{BoxFuture, poll_fn},
    stream,
};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::stream::Outlet;

/// What waits for a client to read it.
#[derive(Default)]
struct Waiting {
    payloads: VecDeque<Box<str>>,
    bytes: usize,
    /// How many it has taken.
    taken: u64,
    /// It has gone, or did not read what it asked for: it gets no more payloads.
    is_given_up: bool,
    reader: Option<Waker>,
}

/// The way to a client that reads events.
pub(super) struct Events {
    waiting: Mutex<Waiting>,
    drained: Notify,
    max_bytes: usize,
    /// What is cancelled with a reader that is given up.
    request: Option<CancellationToken>,
}

/// The event behind all payloads.
pub(super) struct LastEvent {
    pub(super) event: Event,
    /// It says that the request has failed, and is true also of a client that has not got all payloads.
    pub(super) is_error: bool,
}

impl Events {
    /// When more than `max_bytes` wait, the reader is given up. `request` is cancelled then, unless it goes on
    /// without its client.
    pub(super) fn new(max_bytes: usize, request: Option<CancellationToken>) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            drained: Notify::new(),
            max_bytes,
            request,
        })
    }

    /// From now on a reader is given up that has taken nothing of what waits for `stall`, or twice that. The network
    /// below does not tell: it takes nothing itself from there, and nobody asks.
    pub(super) fn watch(self: &Arc<Self>, stall: Duration) {
        let events = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut waited_since = None;
            loop {
                tokio::time::sleep(stall).await;
                let Some(events) = events.upgrade() else {
                    return;
                };
                let mut waiting = events.waiting.lock();
                let waits_since = (!waiting.payloads.is_empty()).then_some(waiting.taken);
                if waits_since.is_some() && waits_since == waited_since {
                    let reader = events.give_up(&mut waiting);
                    drop(waiting);
                    events.end(reader);
                    return;
                }
                waited_since = waits_since;
            }
        });
    }

    /// The events as they are read: one for each payload, and `last` behind them. A reader that was given
    /// up gets `last` only if that is an error: there would be a gap before the output.
    pub(super) fn read(
        self: Arc<Self>,
        last: impl Future<Output = LastEvent> + Send + 'static,
    ) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        stream::unfold(Some((Reader(self), last.boxed())), |state| async {
            let (reader, mut last) = state?;
            let events = &reader.0;
            let next = poll_fn(|context| {
                // In this order: what was sent before the answer was sent before `last` is there.
                let finished = last.poll_unpin(context);
                let mut waiting = events.waiting.lock();
                if let Some(payload) = waiting.payloads.pop_front() {
                    waiting.bytes -= payload.len();
                    waiting.taken += 1;
                    return Poll::Ready(Next::Payload(payload, finished));
                }
                match finished {
                    Poll::Ready(last) if waiting.is_given_up && !last.is_error => {
                        Poll::Ready(Next::Nothing)
                    }
                    Poll::Ready(last) => Poll::Ready(Next::Last(last)),
                    // What was cancelled has ended in a moment.
                    Poll::Pending if waiting.is_given_up && events.request.is_none() => {
                        Poll::Ready(Next::Nothing)
                    }
                    Poll::Pending => {
                        waiting.reader = Some(context.waker().clone());
                        Poll::Pending
                    }
                }
            });
            match next.await {
                Next::Payload(payload, finished) => {
                    events.drained.notify_waiters();
                    let last = match finished {
                        Poll::Ready(last) => std::future::ready(last).boxed(),
                        Poll::Pending => last,
                    };
                    let event = Event::default().event("stream").data(payload);
                    Some((Ok(event), Some((reader, last))))
                }
                Next::Last(last) => Some((Ok(last.event), None)),
                Next::Nothing => None,
            }
        })
    }

    /// Ends a request with its reader that was given up, and lets that know.
    fn end(&self, reader: Option<Waker>) {
        if let Some(request) = &self.request {
            request.cancel();
        }
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn give_up(&self, waiting: &mut Waiting) -> Option<Waker> {
        let reader = waiting.reader.take();
        *waiting = Waiting {
            is_given_up: true,
            ..Waiting::default()
        };
        self.drained.notify_waiters();
        reader
    }
}

/// The client's end of it.
struct Reader(Arc<Events>);

impl Drop for Reader {
    fn drop(&mut self) {
        // A request that goes on without its client neither waits for it nor keeps anything for it.
        self.0.give_up(&mut self.0.waiting.lock());
    }
}

enum Next {
    Payload(Box<str>, Poll<LastEvent>),
    Last(LastEvent),
    Nothing,
}

impl Outlet for Events {
    fn send(&self, payload: &RawValue) -> usize {
        let mut waiting = self.waiting.lock();
        if waiting.is_given_up {
            return 0;
        }
        let payload = payload.get();
        // One that is too large by itself is no sign of a slow reader.
        if waiting.bytes > 0 && waiting.bytes + payload.len() > self.max_bytes {
            // What is left would have a gap.
            let reader = self.give_up(&mut waiting);
            drop(waiting);
            self.end(reader);
            return 0;
        }
        waiting.bytes += payload.len();
        waiting.payloads.push_back(payload.into());
        let reader = waiting.reader.take();
        drop(waiting);
        if let Some(reader) = reader {
            reader.wake();
        }
        1
    }

    fn drained(&self, below: usize) -> BoxFuture<'_, ()> {
        async move {
            loop {
                let read = self.drained.notified();
                if self.waiting.lock().bytes <= below {
                    return;
                }
                read.await;
            }
        }
        .boxed()
    }
}

/// The way to a client that does not read events: there is none.
pub(super) struct Nowhere;

impl Outlet for Nowhere {
    fn send(&self, _: &RawValue) -> usize {
        0
    }

    fn drained(&self, _: usize) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use serde_json::value::to_raw_value;

    use super::*;

    const MAX_BYTES: usize = 100;

    fn payload(length: usize) -> Box<RawValue> {
        to_raw_value(&"x".repeat(length)).expect("text")
    }

    fn last(is_error: bool) -> LastEvent {
        LastEvent {
            event: Event::default().event("final").data("{}"),
            is_error,
        }
    }

    /// How many events a reader gets that has read nothing so far.
    async fn read(
        events: Arc<Events>,
        last: impl Future<Output = LastEvent> + Send + 'static,
    ) -> usize {
        events.read(last).count().await
    }

    #[tokio::test]
    async fn who_does_not_read_is_given_up_and_told_if_the_request_ends_with_it() {
        let request = CancellationToken::new();
        let events = Events::new(MAX_BYTES, Some(request.clone()));
        assert_eq!(events.send(&payload(50)), 1);
        assert_eq!(events.send(&payload(50)), 0);
        assert!(request.is_cancelled());
        assert_eq!(events.send(&payload(1)), 0);
        assert_eq!(read(events, async { last(true) }).await, 1);
    }

    #[tokio::test]
    async fn who_has_not_got_all_payloads_is_not_told_of_a_success() {
        let events = Events::new(MAX_BYTES, Some(CancellationToken::new()));
        assert_eq!(events.send(&payload(90)), 1);
        assert_eq!(events.send(&payload(90)), 0);
        assert_eq!(read(events, async { last(false) }).await, 0);
    }

    #[tokio::test]
    async fn what_goes_on_without_its_client_ends_with_none() {
        let events = Events::new(MAX_BYTES, None);
        assert_eq!(events.send(&payload(90)), 1);
        assert_eq!(events.send(&payload(90)), 0);
        assert_eq!(read(events, std::future::pending()).await, 0);
    }

    #[tokio::test]
    async fn a_payload_that_is_larger_than_may_wait_reaches_who_reads() {
        let events = Events::new(MAX_BYTES, None);
        assert_eq!(events.send(&payload(200)), 1);
        assert_eq!(read(events, async { last(false) }).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_for_a_while_is_given_up_and_who_waits_for_more_is_not() {
        let stall = Duration::from_secs(10);
        let request = CancellationToken::new();
        let events = Events::new(MAX_BYTES, Some(request.clone()));
        events.watch(stall);
        let mut reading = Box::pin(events.clone().read(std::future::pending()));
        tokio::time::sleep(stall * 4).await;
        for _ in 0..4 {
            events.send(&payload(10));
            tokio::time::sleep(stall).await;
            assert!(reading.next().await.is_some());
        }
        events.send(&payload(10));
        tokio::time::sleep(stall * 3).await;
        assert!(request.is_cancelled());
        assert!(events.waiting.lock().payloads.is_empty());
    }

    #[tokio::test]
    async fn nothing_is_kept_for_a_client_that_has_gone_and_nobody_waits_for_it() {
        let events = Events::new(MAX_BYTES, None);
        events.send(&payload(90));
        let mut drained = std::pin::pin!(events.drained(10));
        assert!(futures_util::poll!(&mut drained).is_pending());
        drop(events.clone().read(std::future::pending()));
        assert!(futures_util::poll!(&mut drained).is_ready());
        assert_eq!(events.send(&payload(1)), 0);
        assert!(events.waiting.lock().payloads.is_empty());
    }
}

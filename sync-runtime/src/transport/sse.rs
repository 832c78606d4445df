//! A request's streams over HTTP, as server-sent events.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    sync::Arc,
    task::{Poll, Waker},
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
    /// It did not read what it asked for.
    is_too_slow: bool,
    reader: Option<Waker>,
}

/// The way to a client that reads events.
pub(super) struct Events {
    waiting: Mutex<Waiting>,
    drained: Notify,
    max_bytes: usize,
    cancelled: CancellationToken,
}

impl Events {
    /// `cancelled` is the request's: it is cancelled when more than `max_bytes` wait.
    pub(super) fn new(max_bytes: usize, cancelled: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            drained: Notify::new(),
            max_bytes,
            cancelled,
        })
    }

    /// The events as they are read: one for each payload, and `last` behind them.
    pub(super) fn read(
        self: Arc<Self>,
        last: impl Future<Output = Event> + Send + 'static,
    ) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        stream::unfold(Some((self, last.boxed())), |state| async {
            let (events, mut last) = state?;
            let next = poll_fn(|context| {
                // In this order: what was sent before the answer was sent before `last` is there.
                let finished = last.poll_unpin(context);
                let mut waiting = events.waiting.lock();
                if let Some(payload) = waiting.payloads.pop_front() {
                    waiting.bytes -= payload.len();
                    return Poll::Ready(Next::Payload(payload, finished));
                }
                match finished {
                    Poll::Ready(last) => Poll::Ready(Next::Last(last)),
                    Poll::Pending if waiting.is_too_slow => Poll::Ready(Next::TooSlow),
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
                    Some((Ok(event), Some((events, last))))
                }
                Next::Last(last) => Some((Ok(last), None)),
                Next::TooSlow => None,
            }
        })
    }
}

enum Next {
    Payload(Box<str>, Poll<Event>),
    Last(Event),
    TooSlow,
}

impl Outlet for Events {
    fn send(&self, payload: &RawValue) -> usize {
        let mut waiting = self.waiting.lock();
        if waiting.is_too_slow {
            return 0;
        }
        let payload = payload.get();
        if waiting.bytes + payload.len() > self.max_bytes {
            // What is left would have a gap.
            *waiting = Waiting {
                is_too_slow: true,
                reader: waiting.reader.take(),
                ..Waiting::default()
            };
            self.cancelled.cancel();
        } else {
            waiting.bytes += payload.len();
            waiting.payloads.push_back(payload.into());
        }
        let sent = usize::from(!waiting.is_too_slow);
        let reader = waiting.reader.take();
        drop(waiting);
        if let Some(reader) = reader {
            reader.wake();
        }
        sent
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

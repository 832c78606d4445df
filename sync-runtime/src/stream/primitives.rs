//! The streams that a handler takes as parameters.

use std::{collections::BTreeSet, fmt, future::Future, marker::PhantomData, sync::Arc};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{
    Addressed, Audience, Chosen, Gate, Outlet, StreamPayload, StreamSink, Streams, gate::Lane,
};
use crate::{hooks::StreamAudience, session::SessionKey};

/// A stream to one client.
///
/// In a server file, to the client that made the request: over a socket as `sync-progress-<i>`, over HTTP
/// as an event of the stream that it asked for. In a `_client` file, to the recipient that the function
/// runs for, as a delivery with the status `stream`.
///
/// ```ignore
/// #[sync_handler(auth = login)]
/// pub async fn main(Input(files): Input<Import>, progress: Stream<Progress>) -> Result<Imported, ImportError> {
///     for (done, file) in files.names.iter().enumerate() {
///         import(file).await?;
///         progress.send(&Progress { done });
///     }
///     Ok(Imported {})
/// }
/// ```
pub struct Stream<P>(Sender<P>);

/// A stream to everybody in the request's room, the sender included, as deliveries with the status
/// `stream`.
///
/// On a route with `replay` what was sent so far reaches also those who join while the handler runs.
pub struct Broadcast<P>(Sender<P>);

/// A stream to chosen sessions or users, on all their devices, as deliveries with the status `stream`.
/// They need not be in the request's room.
///
/// ```ignore
/// watchers.users(["ada", "ben"]).send(&Progress { done });
/// ```
pub struct StreamTo<P> {
    gate: Arc<Gate>,
    audience: Arc<dyn Audience>,
    addressed: Arc<Addressed>,
    payload: PhantomData<fn(&P)>,
}

/// The sessions or users that a [`StreamTo`] was pointed at.
pub struct Targets<P>(Sender<P>);

impl<P: StreamPayload> StreamTo<P> {
    pub(crate) fn of(streams: &Streams) -> Self {
        Self {
            gate: streams.gate.clone(),
            audience: streams.audience.clone(),
            addressed: streams.addressed.clone(),
            payload: PhantomData,
        }
    }

    /// All connections of these users.
    pub fn users<I>(&self, ids: I) -> Targets<P>
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.to(ids.into_iter().map(|id| Chosen::User(id.into())))
    }

    /// All connections of these sessions: see [`Session::key`](crate::Session::key).
    pub fn sessions<'a>(&self, keys: impl IntoIterator<Item = &'a SessionKey>) -> Targets<P> {
        self.to(keys.into_iter().cloned().map(Chosen::Session))
    }

    fn to(&self, chosen: impl Iterator<Item = Chosen>) -> Targets<P> {
        let chosen: BTreeSet<_> = chosen.collect();
        self.addressed.note(&chosen);
        let outlet = self.audience.chosen(chosen);
        Targets(Sender::new(&self.gate, outlet, StreamAudience::Chosen))
    }
}

impl<P> Clone for StreamTo<P> {
    fn clone(&self) -> Self {
        Self {
            gate: self.gate.clone(),
            audience: self.audience.clone(),
            addressed: self.addressed.clone(),
            payload: PhantomData,
        }
    }
}

impl<P> fmt::Debug for StreamTo<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamTo").finish_non_exhaustive()
    }
}

impl<P: StreamPayload> Stream<P> {
    pub(crate) fn to_originator(streams: &Streams) -> Self {
        let outlet = streams.originator.clone();
        Self(Sender::new(
            &streams.gate,
            outlet,
            StreamAudience::Originator,
        ))
    }

    pub(crate) fn to_recipient(gate: &Arc<Gate>, outlet: Arc<dyn Outlet>) -> Self {
        Self(Sender::new(gate, outlet, StreamAudience::Recipient))
    }
}

impl<P: StreamPayload> Broadcast<P> {
    pub(crate) fn of(streams: &Streams) -> Self {
        let outlet = streams.audience.room();
        Self(Sender::new(&streams.gate, outlet, StreamAudience::Room))
    }
}

macro_rules! sends {
    ($($name:ident)*) => {$(
        impl<P: StreamPayload> $name<P> {
            /// Sends a payload at once, without waiting for those who receive it: see [`FlushPressure`].
            ///
            /// When the request is over or was cancelled, nothing is sent. A payload that is not written
            /// as a JSON object is not sent either: the request then fails with
            /// `sync.serverExecutionFailed`, and the log says why.
            pub fn send(&self, payload: &P) {
                self.0.send(payload);
            }
        }

        impl<P: StreamPayload> StreamSink for $name<P> {
            type Payload = P;

            fn send(&self, payload: &P) {
                self.0.send(payload);
            }
        }

        impl<P> Clone for $name<P> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<P> fmt::Debug for $name<P> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

sends! { Stream Broadcast Targets }

/// A stream of payloads of one type.
struct Sender<P> {
    gate: Arc<Gate>,
    lane: Arc<Lane>,
    payload: PhantomData<fn(&P)>,
}

impl<P> Sender<P> {
    fn new(gate: &Arc<Gate>, outlet: Arc<dyn Outlet>, audience: StreamAudience) -> Self {
        Self {
            gate: gate.clone(),
            lane: Arc::new(Lane::new(outlet, audience)),
            payload: PhantomData,
        }
    }
}

impl<P: StreamPayload> Sender<P> {
    fn send(&self, payload: &P) {
        self.gate.send(&self.lane, payload);
    }
}

impl<P> Clone for Sender<P> {
    fn clone(&self) -> Self {
        Self {
            gate: self.gate.clone(),
            lane: self.lane.clone(),
            payload: PhantomData,
        }
    }
}

/// Says when to go on sending.
///
/// What streams send is not waited for: it is queued for each connection, and a connection that has too
/// much before it ([`Config::max_unsent_bytes`](crate::Config::max_unsent_bytes)) is told and closed. A handler that makes
/// payloads faster than networks take them waits here between them.
///
/// It looks at the connections of this node that are in the request's room, at those of the users and sessions
/// that a [`StreamTo`] was pointed at so far, and at the one that made the request. Those of other nodes it
/// does not see: there each node has its own bounds.
#[derive(Clone)]
pub struct FlushPressure {
    originator: Arc<dyn Outlet>,
    audience: Arc<dyn Audience>,
    addressed: Arc<Addressed>,
    below: usize,
    cancelled: CancellationToken,
}

impl FlushPressure {
    pub(crate) fn of(streams: &Streams, cancelled: CancellationToken) -> Self {
        streams.addressed.begin();
        Self {
            originator: streams.originator.clone(),
            audience: streams.audience.clone(),
            addressed: streams.addressed.clone(),
            below: streams.pressure,
            cancelled,
        }
    }

    /// Waits until none of the connections has more unsent bytes than
    /// [`Config::flush_pressure_bytes`](crate::Config::flush_pressure_bytes). Returns at once when the request was cancelled.
    pub async fn wait(&self) {
        self.wait_below(self.below).await;
    }

    /// As [`wait`](Self::wait), for a bound of one's own in bytes.
    pub async fn wait_below(&self, bytes: usize) {
        let outlets = [
            self.audience.room(),
            self.audience.chosen(self.addressed.all()),
            self.originator.clone(),
        ];
        let drained = join_all(outlets.iter().map(|outlet| outlet.drained(bytes)));
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => {}
            _ = drained => {}
        }
    }
}

impl fmt::Debug for FlushPressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlushPressure")
            .field("below", &self.below)
            .finish_non_exhaustive()
    }
}

/// Tells whether the request was cancelled: by its client, or because the client has gone.
///
/// A handler that is cancelled is stopped where it waits, and needs this only for work that goes on
/// elsewhere, in a task of its own or in another thread.
#[derive(Debug, Clone)]
pub struct Cancel(pub(crate) CancellationToken);

impl Cancel {
    /// Whether it was.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it is.
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send + '_ {
        self.0.cancelled()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, future::BoxFuture};
    use serde_json::value::RawValue;
    use tokio::sync::watch;

    use super::*;
    use crate::Chunk;

    /// Somebody whose network takes nothing until it is told to.
    #[derive(Clone)]
    struct Slow(watch::Sender<bool>);

    impl Outlet for Slow {
        fn send(&self, _: &RawValue) -> usize {
            1
        }

        fn drained(&self, _: usize) -> BoxFuture<'_, ()> {
            let mut drained = self.0.subscribe();
            async move {
                let _ = drained.wait_for(|is_drained| *is_drained).await;
            }
            .boxed()
        }
    }

    /// Nobody but one user is slow.
    struct Users {
        slow: Slow,
    }

    impl Audience for Users {
        fn room(&self) -> Arc<dyn Outlet> {
            self.chosen(BTreeSet::new())
        }

        fn chosen(&self, chosen: BTreeSet<Chosen>) -> Arc<dyn Outlet> {
            if chosen.contains(&Chosen::User("slow".into())) {
                Arc::new(self.slow.clone())
            } else {
                Arc::new(Slow(watch::Sender::new(true)))
            }
        }
    }

    #[tokio::test]
    async fn pressure_is_also_that_of_those_whom_a_stream_was_pointed_at() {
        let slow = Slow(watch::Sender::new(false));
        let streams = Streams {
            gate: Arc::new(Gate::new(None)),
            originator: Arc::new(Slow(watch::Sender::new(true))),
            audience: Arc::new(Users { slow: slow.clone() }),
            addressed: Arc::default(),
            pressure: 1,
        };
        let to = StreamTo::<Chunk>::of(&streams);
        let cancelled = CancellationToken::new();
        let pressure = FlushPressure::of(&streams, cancelled.clone());
        assert!(pressure.wait().now_or_never().is_some());

        to.users(["fast"]).send(&Chunk::from("a".to_owned()));
        assert!(pressure.wait().now_or_never().is_some());
        to.users(["slow"]).send(&Chunk::from("b".to_owned()));
        assert!(pressure.wait().now_or_never().is_none());
        slow.0.send_replace(true);
        assert!(pressure.wait().now_or_never().is_some());

        slow.0.send_replace(false);
        cancelled.cancel();
        assert!(pressure.wait().now_or_never().is_some());
    }
}

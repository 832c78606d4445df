//! Throttling as an adapter of streams of text.

use std::{fmt, future::Future, pin::pin, time::Duration};

use futures_util::{Stream, StreamExt};

use super::{StreamSink, StreamThrottle};

/// Throttles any stream of text.
///
/// ```
/// # use futures_util::stream;
/// # use sync_runtime::{Chunk, StreamSink};
/// # #[derive(Clone)] struct Answer;
/// # impl StreamSink for Answer { type Payload = Chunk; fn send(&self, _: &Chunk) {} }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let answer = Answer;
/// use sync_runtime::ThrottleText;
///
/// let pieces = stream::iter(["Good ", "mor", "ning"]);
/// let text = pieces.throttled().forward_to(&answer).await;
/// assert_eq!(text, "Good morning");
/// # }
/// ```
pub trait ThrottleText: Stream + Sized {
    /// Puts small pieces together to larger ones, as a [`StreamThrottle`] does.
    fn throttled(self) -> Throttled<Self> {
        Throttled {
            pieces: self,
            chars: None,
            every: Every::Default,
        }
    }
}

impl<T: Stream> ThrottleText for T {}

/// A throttled stream of text; its settings are those of a [`StreamThrottle`].
pub struct Throttled<T> {
    pieces: T,
    chars: Option<usize>,
    every: Every,
}

enum Every {
    Default,
    Time(Duration),
    Never,
}

impl<T> Throttled<T> {
    /// See [`StreamThrottle::chars`].
    #[must_use]
    pub fn chars(mut self, chars: usize) -> Self {
        self.chars = Some(chars);
        self
    }

    /// See [`StreamThrottle::every`].
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = Every::Time(every);
        self
    }

    /// See [`StreamThrottle::without_timer`].
    #[must_use]
    pub fn without_timer(mut self) -> Self {
        self.every = Every::Never;
        self
    }

    /// Sends the text to a stream, and gives the whole of it.
    pub fn forward_to<S>(self, sink: &S) -> impl Future<Output = String> + Send
    where
        T: Stream<Item: AsRef<str> + Send> + Send,
        S: StreamSink<Payload: From<String>> + Clone,
    {
        let (pieces, throttle) = self.begin(sink);
        async move {
            let mut pieces = pin!(pieces);
            let mut whole = String::new();
            while let Some(piece) = pieces.next().await {
                throttle.push(piece.as_ref());
                whole.push_str(piece.as_ref());
            }
            throttle.flush();
            whole
        }
    }

    /// As [`forward_to`](Self::forward_to), for a stream whose pieces can fail. What came before the
    /// failure is sent.
    ///
    /// # Errors
    /// The first error of the stream.
    pub fn try_forward_to<S, P, E>(self, sink: &S) -> impl Future<Output = Result<String, E>> + Send
    where
        T: Stream<Item = Result<P, E>> + Send,
        P: AsRef<str> + Send,
        E: Send,
        S: StreamSink<Payload: From<String>> + Clone,
    {
        let (pieces, throttle) = self.begin(sink);
        async move {
            let mut pieces = pin!(pieces);
            let mut whole = String::new();
            while let Some(piece) = pieces.next().await {
                let piece = piece?;
                throttle.push(piece.as_ref());
                whole.push_str(piece.as_ref());
            }
            throttle.flush();
            Ok(whole)
        }
    }

    fn begin<S: StreamSink<Payload: From<String>> + Clone>(self, sink: &S) -> (T, StreamThrottle) {
        let mut throttle = StreamThrottle::new(sink.clone());
        if let Some(chars) = self.chars {
            throttle = throttle.chars(chars);
        }
        throttle = match self.every {
            Every::Default => throttle,
            Every::Time(every) => throttle.every(every),
            Every::Never => throttle.without_timer(),
        };
        (self.pieces, throttle)
    }
}

impl<T> fmt::Debug for Throttled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttled").finish_non_exhaustive()
    }
}

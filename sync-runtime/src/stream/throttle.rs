//! Small pieces of text put together to larger ones.

use std::{fmt, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep_until},
};
use unicode_segmentation::UnicodeSegmentation;

/// After how many characters a chunk is sent.
const CHARS: usize = 32;

/// How long a character waits at the most for others.
const EVERY: Duration = Duration::from_millis(50);

/// No text waits longer. Clocks cannot count to any time there is.
const LONGEST: Duration = Duration::from_hours(24);

/// What is longer is no character that anybody wrote, and is not waited for: a letter can be followed
/// by combining marks without end.
const MAX_CHAR_BYTES: usize = 256;

/// What text can be sent to in payloads: a [`Stream`](crate::Stream), a [`Broadcast`](crate::Broadcast), the
/// [`Targets`](crate::Targets) of a `StreamTo`, or something of one's own.
pub trait StreamSink: Send + Sync + 'static {
    /// What it takes.
    type Payload;

    /// Takes a payload.
    fn send(&self, payload: &Self::Payload);
}

/// Puts small pieces of text together, so that a few larger payloads are sent in place of many small
/// ones: a language model gives a few characters at a time, and each payload goes to every member of a
/// room.
///
/// A chunk is sent when it has 32 characters or after 50 milliseconds, whichever is first. What people
/// see as one character (a grapheme cluster of [UAX #29](https://www.unicode.org/reports/tr29/)) is never divided, so the last one
/// waits until it is known to be complete. The chunks joined are the text.
///
/// Dropped, it sends what is left. After a cancelled request or a panic nothing more is sent.
///
/// ```ignore
/// pub async fn main(Input(input): Input<Ask>, answer: Broadcast<Chunk>, ...) -> Result<Answer, AskError> {
///     let throttle = StreamThrottle::new(answer);
///     while let Some(piece) = pieces.next().await {
///         throttle.push(&piece?);
///     }
///     throttle.flush();
///     ...
/// }
/// ```
pub struct StreamThrottle {
    text: Arc<Mutex<Text>>,
    chars: usize,
    every: Option<Duration>,
}

/// The text that waits, and where it goes.
struct Text {
    waiting: String,
    /// Since when a complete character waits.
    since: Option<Instant>,
    has_timer: bool,
    send: Box<dyn Fn(String) + Send>,
}

impl StreamThrottle {
    /// Sends to a stream whose payloads are made of text, such as [`Chunk`](crate::Chunk).
    pub fn new<S: StreamSink<Payload: From<String>>>(sink: S) -> Self {
        Self::mapped(sink, S::Payload::from)
    }

    /// Sends to a stream the payloads that `payload` makes of text.
    ///
    /// ```ignore
    /// StreamThrottle::mapped(answer, move |text| Said { message_id, text })
    /// ```
    pub fn mapped<S: StreamSink>(
        sink: S,
        payload: impl Fn(String) -> S::Payload + Send + 'static,
    ) -> Self {
        let send = move |text| sink.send(&payload(text));
        Self {
            text: Arc::new(Mutex::new(Text {
                waiting: String::new(),
                since: None,
                has_timer: false,
                send: Box::new(send),
            })),
            chars: CHARS,
            every: Some(EVERY),
        }
    }

    /// Sets how many characters are sent at once; 32 if not set. 1 and 0 send each as soon as it is
    /// complete.
    #[must_use]
    pub fn chars(mut self, chars: usize) -> Self {
        self.chars = chars;
        self
    }

    /// Sets how long text waits for more; 50 milliseconds if not set, a day at the most.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = Some(every.min(LONGEST));
        self
    }

    /// Lets text wait until there is enough of it, however long that takes.
    #[must_use]
    pub fn without_timer(mut self) -> Self {
        self.every = None;
        self
    }

    /// Adds text. Outside of a Tokio runtime there is no timer.
    pub fn push(&self, piece: &str) {
        let mut text = self.text.lock();
        text.waiting.push_str(piece);
        if text.has_chars(self.chars) {
            text.send_complete();
        }
        if text.since.is_none() && text.complete() > 0 {
            text.since = Some(Instant::now());
            self.start_timer(&mut text);
        }
    }

    /// Sends all that waits.
    pub fn flush(&self) {
        self.text.lock().send_all();
    }

    /// Forgets what waits.
    pub fn reset(&self) {
        self.text.lock().take();
    }

    /// One timer at a time: it goes on while text waits.
    fn start_timer(&self, text: &mut Text) {
        let Some(every) = self.every.filter(|_| !text.has_timer) else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        text.has_timer = true;
        let text = Arc::downgrade(&self.text);
        runtime.spawn(async move {
            let mut next = Instant::now() + every;
            loop {
                sleep_until(next).await;
                let Some(text) = text.upgrade() else { return };
                let mut text = text.lock();
                match text.since.map(|since| since + every) {
                    Some(due) if due > Instant::now() => next = due,
                    waits => {
                        if waits.is_some() {
                            text.send_complete();
                        }
                        text.has_timer = false;
                        return;
                    }
                }
            }
        });
    }
}

impl Drop for StreamThrottle {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.flush();
        }
    }
}

impl fmt::Debug for StreamThrottle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamThrottle")
            .field("chars", &self.chars)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

impl Text {
    /// Whether so many characters are complete.
    fn has_chars(&self, chars: usize) -> bool {
        // The one behind them may still grow.
        self.waiting.graphemes(true).nth(chars.max(1)).is_some() || self.is_endless()
    }

    /// How many bytes from the beginning are complete characters.
    fn complete(&self) -> usize {
        if self.is_endless() {
            return self.waiting.len();
        }
        let last = self.waiting.grapheme_indices(true).next_back();
        last.map_or(0, |(start, _)| start)
    }

    fn is_endless(&self) -> bool {
        let last = self.waiting.graphemes(true).next_back();
        last.is_some_and(|last| last.len() > MAX_CHAR_BYTES)
    }

    fn send_complete(&mut self) {
        let rest = self.waiting.split_off(self.complete());
        self.send_all();
        self.waiting = rest;
    }

    fn send_all(&mut self) {
        let text = self.take();
        if !text.is_empty() {
            (self.send)(text);
        }
    }

    fn take(&mut self) -> String {
        self.since = None;
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chunk;

    /// Keeps what is sent to it.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<String>>>);

    impl StreamSink for Seen {
        type Payload = Chunk;

        fn send(&self, payload: &Chunk) {
            self.0.lock().push(payload.chunk.clone());
        }
    }

    impl Seen {
        fn chunks(&self) -> Vec<String> {
            self.0.lock().clone()
        }
    }

    #[test]
    fn text_is_sent_when_there_is_enough_of_it() {
        let seen = Seen::default();
        let throttle = StreamThrottle::new(seen.clone()).chars(4);
        for piece in ["a", "b", "c", "d"] {
            throttle.push(piece);
            assert!(seen.chunks().is_empty());
        }
        throttle.push("e");
        assert_eq!(seen.chunks(), ["abcd"]);
        throttle.push("fghijk");
        assert_eq!(seen.chunks(), ["abcd", "efghij"]);
        throttle.flush();
        assert_eq!(seen.chunks(), ["abcd", "efghij", "k"]);
    }

    #[tokio::test(start_paused = true)]
    async fn text_does_not_wait_longer_than_its_time() {
        let seen = Seen::default();
        let throttle = StreamThrottle::new(seen.clone()).chars(4);
        let wait = |milliseconds| tokio::time::sleep(Duration::from_millis(milliseconds));
        throttle.push("ab");
        wait(40).await;
        throttle.push("cdef");
        assert_eq!(seen.chunks(), ["abcde"]);
        throttle.push("gh");
        wait(49).await;
        assert_eq!(seen.chunks(), ["abcde"]);
        wait(2).await;
        assert_eq!(seen.chunks(), ["abcde", "fg"]);
        wait(1000).await;
        throttle.push("ij");
        wait(51).await;
        assert_eq!(seen.chunks(), ["abcde", "fg", "hi"]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_timer_text_waits_for_more() {
        let seen = Seen::default();
        let throttle = StreamThrottle::new(seen.clone()).without_timer();
        throttle.push("some text");
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(seen.chunks().is_empty());
        drop(throttle);
        assert_eq!(seen.chunks(), ["some text"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_longer_than_clocks_can_count_is_no_mistake() {
        let seen = Seen::default();
        let throttle = StreamThrottle::new(seen.clone()).every(Duration::MAX);
        throttle.push("some text");
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(seen.chunks().is_empty());
    }

    #[test]
    fn what_is_reset_is_not_sent() {
        let seen = Seen::default();
        let throttle = StreamThrottle::new(seen.clone());
        throttle.push("some text");
        throttle.reset();
        throttle.push("other");
        drop(throttle);
        assert_eq!(seen.chunks(), ["other"]);
    }

    #[test]
    fn no_character_is_divided_and_the_chunks_joined_are_the_text() {
        // Letters with marks, a family joined of four, a flag of two, Hangul in parts, CR LF.
        let text = "Zu\u{308}rich e\u{301}\u{323} 👨‍👩‍👧‍👦 ok 🇨🇭🇳🇱 \u{1112}\u{1161}\u{11ab} a\r\nb नमस्ते";
        let ends: Vec<_> = text
            .grapheme_indices(true)
            .map(|(start, _)| start)
            .collect();
        let scalars: Vec<_> = text.char_indices().map(|(start, _)| start).collect();
        for chars in [1, 2, 3, 7] {
            for step in [1, 2, 5] {
                let seen = Seen::default();
                let throttle = StreamThrottle::new(seen.clone()).chars(chars);
                let mut begin = 0;
                for &end in scalars.iter().step_by(step).skip(1).chain([&text.len()]) {
                    throttle.push(&text[begin..end]);
                    begin = end;
                }
                drop(throttle);
                let chunks = seen.chunks();
                assert_eq!(chunks.concat(), text);
                let mut at = 0;
                for chunk in &chunks {
                    assert!(ends.contains(&at), "{chunk:?} begins inside of a character");
                    at += chunk.len();
                }
            }
        }
    }

    #[test]
    fn a_character_without_end_is_not_waited_for() {
        let seen = Seen::default();
        let throttle = StreamThrottle::new(seen.clone());
        throttle.push("a");
        for _ in 0..MAX_CHAR_BYTES {
            throttle.push("\u{301}");
        }
        assert!(!seen.chunks().is_empty());
    }

    #[test]
    fn after_a_panic_nothing_more_is_sent() {
        let seen = Seen::default();
        let throttle = StreamThrottle::new(seen.clone());
        throttle.push("half an ans");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _throttle = throttle;
            panic!("a test's panic");
        }));
        assert!(panicked.is_err());
        assert!(seen.chunks().is_empty());
    }
}

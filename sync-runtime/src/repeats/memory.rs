//! Answers in the memory of this process, which are forgotten with it.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Answer, Attempt, Begun, Claim, Content, Forgetful, Repeats, RequestKey};
use crate::observe;

/// What an answer takes besides its output, in bytes: its key, and the allocations.
const ANSWER_BYTES: usize = 512;

/// How much is remembered, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryBounds {
    pub(crate) window: Duration,
    pub(crate) answers: usize,
    pub(crate) bytes: usize,
}

/// Answers in memory; the oldest make way for others.
pub(crate) struct MemoryRepeats(Arc<Memory>);

struct Memory {
    bounds: MemoryBounds,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: HashMap<RequestKey, Known>,
    /// Those that were answered, and when, the oldest first.
    answered: VecDeque<(Instant, RequestKey)>,
    bytes: usize,
}

struct Known {
    content: Content,
    progress: Progress,
}

enum Progress {
    /// The token is cancelled when it is over.
    Running(CancellationToken),
    Answered {
        answer: Arc<Answer>,
        bytes: usize,
    },
}

impl MemoryRepeats {
    pub(crate) fn new(bounds: MemoryBounds) -> Self {
        Self(Arc::new(Memory {
            bounds,
            state: Mutex::default(),
        }))
    }
}

impl Repeats for MemoryRepeats {
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Begun, Forgetful>> {
        std::future::ready(Ok(self.0.begin(&attempt.key, attempt.content))).boxed()
    }
}

impl Memory {
    fn begin(self: &Arc<Self>, key: &RequestKey, content: Content) -> Begun {
        let mut state = self.state.lock();
        state.forget(self.bounds);
        if let Some(known) = state.requests.get(key) {
            return known.seen_with(content);
        }
        let over = CancellationToken::new();
        let progress = Progress::Running(over.clone());
        let known = Known { content, progress };
        state.requests.insert(key.clone(), known);
        Begun::First(Box::new(Running {
            memory: self.clone(),
            key: key.clone(),
            over,
            answer: None,
        }))
    }
}

impl Known {
    fn seen_with(&self, content: Content) -> Begun {
        if self.content != content {
            return Begun::Other;
        }
        match &self.progress {
            Progress::Running(over) => Begun::Running(over.clone().cancelled_owned().boxed()),
            Progress::Answered { answer, .. } => Begun::Before(answer.clone()),
        }
    }
}

impl State {
    fn remember(&mut self, key: &RequestKey, answer: Arc<Answer>) {
        let Some(known) = self.requests.get_mut(key) else {
            return;
        };
        let bytes = ANSWER_BYTES + super::bytes(&answer);
        known.progress = Progress::Answered { answer, bytes };
        self.bytes += bytes;
        self.answered.push_back((Instant::now(), key.clone()));
    }

    /// Forgets what is too old, and what is too much.
    fn forget(&mut self, bounds: MemoryBounds) {
        while let Some((at, _)) = self.answered.front() {
            let is_old = at.elapsed() >= bounds.window;
            if !is_old && self.answered.len() <= bounds.answers && self.bytes <= bounds.bytes {
                return;
            }
            if !is_old {
                observe::answer_forgotten();
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.answered.pop_front();
        let known = oldest.and_then(|(_, key)| self.requests.remove(&key));
        if let Some(Progress::Answered { bytes, .. }) = known.map(|known| known.progress) {
            self.bytes -= bytes;
        }
    }
}

/// A request that runs.
struct Running {
    memory: Arc<Memory>,
    key: RequestKey,
    over: CancellationToken,
    answer: Option<Arc<Answer>>,
}

impl Claim for Running {
    fn remember(mut self: Box<Self>, answer: Arc<Answer>) -> BoxFuture<'static, ()> {
        self.answer = Some(answer);
        drop(self);
        std::future::ready(()).boxed()
    }

    fn give_up(self: Box<Self>) -> BoxFuture<'static, ()> {
        drop(self);
        std::future::ready(()).boxed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.memory.state.lock();
        match self.answer.take() {
            None => drop(state.requests.remove(&self.key)),
            Some(answer) => {
                state.remember(&self.key, answer);
                state.forget(self.memory.bounds);
            }
        }
        drop(state);
        self.over.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Failure,
        handler::output::OutputJson,
        repeats::{RequestId, RequestSender},
    };

    const BOUNDS: MemoryBounds = MemoryBounds {
        window: Duration::from_mins(5),
        answers: 3,
        bytes: 10_000,
    };

    fn key(id: &str) -> RequestKey {
        RequestKey {
            sender: RequestSender::User("ada".into()),
            route: "sync/board/moveCard/v1".into(),
            id: RequestId::parse(id).expect("an id"),
        }
    }

    fn content(data: &str) -> Content {
        Content::of("room", false, data)
    }

    async fn begin(repeats: &MemoryRepeats, id: &str, data: &str) -> Begun {
        let attempt = Attempt {
            key: key(id),
            content: content(data),
            is_repeat: false,
        };
        let begun = repeats.begin(&attempt).await;
        begun.expect("memory answers")
    }

    async fn claim(repeats: &MemoryRepeats, id: &str) -> Box<dyn Claim> {
        match begin(repeats, id, "{}").await {
            Begun::First(claim) => claim,
            _ => panic!("{id} is known"),
        }
    }

    async fn is_known(repeats: &MemoryRepeats, id: &str) -> bool {
        matches!(begin(repeats, id, "{}").await, Begun::Before(_))
    }

    fn answer(text: &str) -> Arc<Answer> {
        let output = OutputJson::encode(&serde_json::json!({ "text": text }));
        Arc::new(output.map_err(Failure::internal))
    }

    #[tokio::test]
    async fn an_answer_is_remembered_and_another_content_is_refused() {
        let repeats = MemoryRepeats::new(BOUNDS);
        claim(&repeats, "a").await.remember(answer("hi")).await;
        let Begun::Before(remembered) = begin(&repeats, "a", "{}").await else {
            panic!("not remembered");
        };
        let output = remembered.as_ref().as_ref().expect("a success");
        assert_eq!(output.raw().get(), r#"{"status":"success","text":"hi"}"#);
        let other = begin(&repeats, "a", r#"{"other":1}"#).await;
        assert!(matches!(other, Begun::Other));
    }

    #[tokio::test]
    async fn a_repeat_waits_for_the_first_and_takes_its_place_if_that_comes_to_nothing() {
        let repeats = MemoryRepeats::new(BOUNDS);
        let first = claim(&repeats, "a").await;
        let Begun::Running(mut over) = begin(&repeats, "a", "{}").await else {
            panic!("runs twice");
        };
        assert!((&mut over).now_or_never().is_none());
        drop(first);
        over.await;
        let second = claim(&repeats, "a").await;
        let Begun::Running(over) = begin(&repeats, "a", "{}").await else {
            panic!("runs twice");
        };
        second.remember(answer("")).await;
        over.await;
        assert!(is_known(&repeats, "a").await);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_forgotten_after_the_window() {
        let repeats = MemoryRepeats::new(BOUNDS);
        claim(&repeats, "a").await.remember(answer("")).await;
        tokio::time::advance(Duration::from_secs(299)).await;
        assert!(is_known(&repeats, "a").await);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!is_known(&repeats, "a").await);
        assert!(repeats.0.state.lock().requests.is_empty());
        assert_eq!(repeats.0.state.lock().bytes, 0);
    }

    #[tokio::test]
    async fn the_oldest_answers_make_way_for_others() {
        let repeats = MemoryRepeats::new(BOUNDS);
        for id in ["a", "b", "c", "d"] {
            claim(&repeats, id).await.remember(answer("")).await;
        }
        assert!(!is_known(&repeats, "a").await);
        assert!(is_known(&repeats, "b").await);

        let large = answer(&"x".repeat(BOUNDS.bytes));
        claim(&repeats, "e").await.remember(large).await;
        assert_eq!(repeats.0.state.lock().bytes, 0);
        assert!(repeats.0.state.lock().requests.is_empty());
    }

    #[tokio::test]
    async fn a_failure_takes_as_much_room_as_it_has_words() {
        let repeats = MemoryRepeats::new(BOUNDS);
        let words = "x".repeat(BOUNDS.bytes);
        let failure = Failure::new("test.failed", words);
        claim(&repeats, "a")
            .await
            .remember(Arc::new(Err(failure)))
            .await;
        assert!(!is_known(&repeats, "a").await);
    }
}

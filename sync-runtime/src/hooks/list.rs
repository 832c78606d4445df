//! The hooks of one event, and how they are run.

use std::{
    fmt,
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    pin::pin,
    task::Poll,
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};

use super::{Hooks, Shape, events::HookEvent};
use crate::{Failure, error::SyncError, panic};

/// A function that can be a hook of the event `E`: `Fn(E) -> impl Future`.
#[diagnostic::on_unimplemented(
    message = "this cannot be a hook",
    label = "not an async function of one event",
    note = "write `|event: PreSyncFanout| async move {{ ... }}`, with an answer of `()`, `bool` or `Result<(), E>` where `E: SyncError`; a hook of `PreSyncRecipient` answers `Shape` or `Result<Shape, E>`"
)]
pub trait Hook<E: HookEvent>: Send + Sync + 'static {
    #[doc(hidden)]
    fn call(&self, event: E) -> BoxFuture<'static, E::Verdict>;
}

impl<E, F, Fut, O> Hook<E> for F
where
    E: HookEvent,
    F: Fn(E) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = O> + Send + 'static,
    O: Outcome<E> + 'static,
{
    fn call(&self, event: E) -> BoxFuture<'static, E::Verdict> {
        self(event).map(O::into_verdict).boxed()
    }
}

/// What a hook of the event `E` can answer.
pub trait Outcome<E: HookEvent> {
    #[doc(hidden)]
    fn into_verdict(self) -> E::Verdict;
}

impl<E: HookEvent<Verdict = Result<(), Failure>>> Outcome<E> for () {
    fn into_verdict(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: HookEvent<Verdict = Result<(), Failure>>> Outcome<E> for bool {
    fn into_verdict(self) -> Result<(), Failure> {
        if self { Ok(()) } else { Err(E::refusal()) }
    }
}

impl<E: HookEvent<Verdict = Result<(), Failure>>, X: SyncError> Outcome<E> for Result<(), X> {
    fn into_verdict(self) -> Result<(), Failure> {
        self.map_err(SyncError::into_failure)
    }
}

impl<E: HookEvent<Verdict = Result<Shape, Failure>>> Outcome<E> for Shape {
    fn into_verdict(self) -> Result<Shape, Failure> {
        Ok(self)
    }
}

impl<E: HookEvent<Verdict = Result<Shape, Failure>>, X: SyncError> Outcome<E> for Result<Shape, X> {
    fn into_verdict(self) -> Result<Shape, Failure> {
        self.map_err(SyncError::into_failure)
    }
}

/// The hooks of one event, in their order.
pub struct HookList<E>(Vec<Box<dyn Hook<E>>>);

impl<E: HookEvent> fmt::Debug for HookList<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.0.len(), E::NAME)
    }
}

impl<E> Default for HookList<E> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Hooks {
    /// No hooks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a hook. Which event it is of, its parameter's type says.
    #[must_use]
    pub fn on<E: HookEvent>(mut self, hook: impl Hook<E>) -> Self {
        E::list(&mut self).0.push(Box::new(hook));
        self
    }
}

impl<E: HookEvent> HookList<E> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn Hook<E>> {
        self.0.iter().map(|hook| &**hook)
    }
}

impl<E: HookEvent<Verdict = Result<(), Failure>>> HookList<E> {
    /// Runs the hooks until one of them objects.
    pub(crate) async fn ask(
        &self,
        limit: Duration,
        event: impl FnOnce() -> E,
    ) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        let event = event();
        for hook in self.iter() {
            contained(hook, event.clone(), limit).await??;
        }
        Ok(())
    }

    /// Runs all hooks. Their errors go to the log: it is too late to object.
    pub(crate) async fn tell(&self, limit: Duration, event: impl FnOnce() -> E) {
        if self.is_empty() {
            return;
        }
        let event = event();
        for hook in self.iter() {
            if let Err(failure) = contained(hook, event.clone(), limit).await.flatten() {
                failure.log(E::NAME);
                tracing::warn!(hook = E::NAME, %failure, "a hook failed");
            }
        }
    }
}

/// Runs a hook within its time and with its panic contained.
pub(crate) async fn contained<E: HookEvent>(
    hook: &dyn Hook<E>,
    event: E,
    limit: Duration,
) -> Result<E::Verdict, Failure> {
    let run = AssertUnwindSafe(async { hook.call(event).await }).catch_unwind();
    let mut run = pin!(run);
    // Most hooks have nothing to wait for, and a timer would cost more than they do.
    let at_once = poll_fn(|context| Poll::Ready(run.as_mut().poll(context))).await;
    let done = match at_once {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => tokio::time::timeout(limit, run).await,
    };
    match done {
        Ok(Ok(verdict)) => Ok(verdict),
        Ok(Err(payload)) => Err(hook_failure::<E>(&panic::text(&*payload))),
        Err(_) => Err(hook_failure::<E>("it took too long")),
    }
}

fn hook_failure<E: HookEvent>(what: &str) -> Failure {
    Failure::internal(format!("a hook of `{}` failed: {what}", E::NAME))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{
        hooks::{PreRoomJoin, Visitor},
        room::RoomCode,
    };

    const LIMIT: Duration = Duration::from_secs(1);

    fn join() -> PreRoomJoin {
        PreRoomJoin {
            visitor: Visitor::new(None, None),
            room: RoomCode::parse("board:demo").expect("a room name"),
        }
    }

    async fn code_of(hooks: &Hooks) -> Option<String> {
        let refused = hooks.pre_join.ask(LIMIT, join).await.err();
        refused.map(|failure| failure.code().to_owned())
    }

    #[tokio::test]
    async fn hooks_run_in_order_until_one_objects() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let note = |number: u32, answer: bool| {
            let seen = seen.clone();
            move |_: PreRoomJoin| {
                let seen = seen.clone();
                async move {
                    seen.lock().expect("not poisoned").push(number);
                    answer
                }
            }
        };
        let hooks = Hooks::new()
            .on(note(1, true))
            .on(note(2, false))
            .on(note(3, true));
        assert_eq!(code_of(&hooks).await.as_deref(), Some("room.joinBlocked"));
        assert_eq!(*seen.lock().expect("not poisoned"), [1, 2]);
    }

    #[tokio::test]
    async fn a_hook_can_object_with_a_code_of_its_own() {
        let hooks = Hooks::new()
            .on(|_: PreRoomJoin| async { Err(Failure::new("room.full", "The room is full.")) });
        assert_eq!(code_of(&hooks).await.as_deref(), Some("room.full"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_that_panics_or_hangs_fails_closed() {
        async fn panics(_: PreRoomJoin) {
            panic!("a test's panic");
        }
        let expected = Some("sync.serverExecutionFailed");
        assert_eq!(code_of(&Hooks::new().on(panics)).await.as_deref(), expected);
        let hangs = |_: PreRoomJoin| std::future::pending::<()>();
        assert_eq!(code_of(&Hooks::new().on(hangs)).await.as_deref(), expected);
    }

    #[tokio::test]
    async fn without_hooks_not_even_the_event_is_made() {
        let asked = Hooks::new().pre_join.ask(LIMIT, || unreachable!()).await;
        assert!(asked.is_ok());
    }
}

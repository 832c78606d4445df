//! The predicates of `auth = login(...)`.

use std::future::Future;

use super::{context::RequestContext, extract::FromRequest};
use crate::{
    App, Failure,
    error::{Refusal, SyncError},
    typescript::TypeSink,
};

/// A function that says whether a logged-in user may use a route, named in
/// `auth = login(predicate, ...)`.
///
/// It takes what a server file's function takes, answers `bool` or `Result<(), E>` with an error of
/// its own, and may be async.
///
/// ```
/// use sync_runtime::{Room, Session};
/// # struct User { boards: Vec<String> }
///
/// fn is_on_board(user: Session<User>, room: Room) -> bool {
///     user.boards.iter().any(|board| room.as_str() == format!("board:{board}"))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a predicate of `login(...)`",
    label = "not a predicate",
    note = "a predicate is a function, async or not, that takes what a server file can take and answers `bool` or `Result<(), E>` with `E: SyncError`"
)]
pub trait Predicate<A: App, M> {
    /// The codes of its own that it can refuse with.
    const CODES: &'static [&'static str];

    /// Adds its codes to the route's types.
    #[doc(hidden)]
    fn describe(&self, types: &mut impl TypeSink) {
        types.error_codes(Self::CODES);
    }

    /// Decides.
    fn check(self, cx: &RequestContext<'_, A>) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What a predicate can answer.
pub trait Verdict {
    #[doc(hidden)]
    const CODES: &'static [&'static str];

    #[doc(hidden)]
    fn into_result(self) -> Result<(), Failure>;
}

impl Verdict for bool {
    const CODES: &'static [&'static str] = &[];

    fn into_result(self) -> Result<(), Failure> {
        if self {
            Ok(())
        } else {
            Err(Refusal::Forbidden.into())
        }
    }
}

impl<E: SyncError> Verdict for Result<(), E> {
    const CODES: &'static [&'static str] = E::CODES;

    fn into_result(self) -> Result<(), Failure> {
        self.map_err(SyncError::into_failure)
    }
}

/// Marks a predicate that answers at once.
#[derive(Debug)]
pub enum Sync {}

/// Marks a predicate that answers with a future.
#[derive(Debug)]
pub enum Async {}

macro_rules! predicates {
    ($($param:ident)*) => {
        impl<A, F, V, $($param,)*> Predicate<A, (Sync, $($param,)*)> for F
        where
            A: App,
            F: FnOnce($($param,)*) -> V + Send,
            V: Verdict,
            $($param: FromRequest<A>,)*
        {
            const CODES: &'static [&'static str] = V::CODES;

            async fn check(self, _cx: &RequestContext<'_, A>) -> Result<(), Failure> {
                self($($param::from_request(_cx)?,)*).into_result()
            }
        }

        impl<A, F, Fut, V, $($param,)*> Predicate<A, (Async, $($param,)*)> for F
        where
            A: App,
            F: FnOnce($($param,)*) -> Fut + Send,
            Fut: Future<Output = V> + Send,
            V: Verdict,
            $($param: FromRequest<A>,)*
        {
            const CODES: &'static [&'static str] = V::CODES;

            async fn check(self, _cx: &RequestContext<'_, A>) -> Result<(), Failure> {
                self($($param::from_request(_cx)?,)*).await.into_result()
            }
        }
    };
}

predicates!();
predicates!(P1);
predicates!(P1 P2);
predicates!(P1 P2 P3);
predicates!(P1 P2 P3 P4);
predicates!(P1 P2 P3 P4 P5);

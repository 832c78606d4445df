//! What the function of a `_client` file can take.

use std::{fmt, future::Future, ops::Deref, sync::Arc};

use super::{
    context::{FanoutContext, RecipientContext},
    extract::{Input, Room, State},
    value::{RequestInput, SharedOutput, StatePart, UserOf},
};
use crate::{App, Failure, Locale, Session, error::Refusal, typescript::TypeSink};

/// A parameter of a `_client` file's function.
///
/// It is read in two steps: what all recipients share once per fan-out, and then for each recipient.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a `_client` file's function",
    label = "not something a `_client` file can take",
    note = "a `_client` file can take `ServerOutput<T>`, `Input<T>`, `Recipient<U>`, `Option<Recipient<U>>`, `Room`, `Locale`, `State<T>`, `Stream<P>` and types of your own that implement `FromFanout`"
)]
pub trait FromFanout<A: App>: Sized + Send {
    /// What all recipients of a fan-out share.
    type Shared: Send + Sync + 'static;

    /// Reads what all recipients share.
    ///
    /// # Errors
    /// With the failure that every recipient receives instead of the delivery.
    fn share(cx: &FanoutContext<'_, A>) -> Result<Self::Shared, Failure>;

    /// Reads the parameter for one recipient.
    ///
    /// # Errors
    /// With the failure that this recipient receives instead of the delivery.
    fn for_recipient(
        shared: &Self::Shared,
        cx: &RecipientContext<'_, A>,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// Says what the parameter adds to the route's TypeScript types: nothing, unless it is a stream.
    fn describe(types: &mut impl TypeSink) {
        let _ = types;
    }
}

/// What the server file answered, in its `_client` file.
///
/// Decoded once per fan-out and shared by all recipients; it dereferences to `T`.
pub struct ServerOutput<T>(pub Arc<T>);

impl<T> Deref for ServerOutput<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for ServerOutput<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerOutput").field(&self.0).finish()
    }
}

impl<A: App, T: SharedOutput> FromFanout<A> for ServerOutput<T> {
    type Shared = Arc<T>;

    fn share(cx: &FanoutContext<'_, A>) -> Result<Arc<T>, Failure> {
        match T::decode(cx.server_output()) {
            Ok(output) => Ok(Arc::new(output)),
            Err(error) => Err(Failure::internal(error)),
        }
    }

    async fn for_recipient(shared: &Arc<T>, _: &RecipientContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self(shared.clone()))
    }
}

/// The input that the server file ran with: decoded once per fan-out, and cloned for each recipient.
impl<A: App, T: RequestInput + Clone + Sync> FromFanout<A> for Input<T> {
    type Shared = T;

    fn share(cx: &FanoutContext<'_, A>) -> Result<T, Failure> {
        T::decode(cx.input()).map_err(Failure::internal)
    }

    async fn for_recipient(shared: &T, _: &RecipientContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self(shared.clone()))
    }
}

/// Whose connection receives the delivery; it dereferences to the user, as the session store said when the
/// connection came in. The store is not asked for each delivery: a session that ends takes its connections
/// with it, and a user does not change while the session lives.
///
/// A recipient without a session is refused with `auth.required`; take `Option<Recipient<U>>` to
/// deliver to anonymous connections as well.
pub struct Recipient<U>(Session<U>);

impl<U> Recipient<U> {
    /// The recipient's session.
    pub fn session(&self) -> &Session<U> {
        &self.0
    }
}

impl<U> Deref for Recipient<U> {
    type Target = U;

    fn deref(&self) -> &U {
        self.0.user()
    }
}

impl<U> fmt::Debug for Recipient<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recipient").field(&self.0).finish()
    }
}

impl<A: App, U: UserOf<A> + Send + Sync> FromFanout<A> for Recipient<U> {
    type Shared = ();

    fn share(_: &FanoutContext<'_, A>) -> Result<(), Failure> {
        Ok(())
    }

    async fn for_recipient((): &(), cx: &RecipientContext<'_, A>) -> Result<Self, Failure> {
        cx.session()
            .map(|session| Self(U::own(session)))
            .ok_or_else(|| Refusal::LoginRequired.into())
    }
}

impl<A: App, U: UserOf<A> + Send + Sync> FromFanout<A> for Option<Recipient<U>> {
    type Shared = ();

    fn share(_: &FanoutContext<'_, A>) -> Result<(), Failure> {
        Ok(())
    }

    async fn for_recipient((): &(), cx: &RecipientContext<'_, A>) -> Result<Self, Failure> {
        let session = cx.session();
        Ok(session.map(|session| Recipient(U::own(session))))
    }
}

impl<A: App> FromFanout<A> for Room {
    type Shared = ();

    fn share(_: &FanoutContext<'_, A>) -> Result<(), Failure> {
        Ok(())
    }

    async fn for_recipient((): &(), cx: &RecipientContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self(cx.room().clone()))
    }
}

impl<A: App> FromFanout<A> for Locale {
    type Shared = ();

    fn share(_: &FanoutContext<'_, A>) -> Result<(), Failure> {
        Ok(())
    }

    async fn for_recipient((): &(), cx: &RecipientContext<'_, A>) -> Result<Self, Failure> {
        Ok(cx.locale().clone())
    }
}

impl<A: App, T: StatePart<A> + Send> FromFanout<A> for State<T> {
    type Shared = ();

    fn share(_: &FanoutContext<'_, A>) -> Result<(), Failure> {
        Ok(())
    }

    async fn for_recipient((): &(), cx: &RecipientContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self(T::of(cx.state())))
    }
}

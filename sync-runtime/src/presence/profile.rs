//! How a user is described to those who are in a room together.

use std::{
    any::TypeId,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{SessionUser, panic, session::AnySession};

/// Somebody who is in a room, as the others hear of it: `{ "id": ..., ...profile }`.
pub(crate) type Profile = Arc<RawValue>;

/// What makes profiles of the users of one type.
pub(crate) struct Profiles {
    user: TypeId,
    make: Box<Make>,
}

/// There is no profile of a user of another type.
type Make = dyn Fn(&AnySession) -> serde_json::Result<Option<Profile>> + Send + Sync;

/// The id first: what a profile calls `id` as well would not be it.
#[derive(Serialize)]
struct Described<'a, P> {
    id: &'a str,
    #[serde(flatten)]
    profile: P,
}

impl Profiles {
    pub(crate) fn new<U: SessionUser, P: Serialize>(
        profile: impl Fn(&U) -> P + Send + Sync + 'static,
    ) -> Self {
        Self {
            user: TypeId::of::<U>(),
            make: Box::new(move |session| {
                let Some(user) = session.user::<U>() else {
                    return Ok(None);
                };
                let described = Described {
                    id: session.user_id(),
                    profile: profile(&user),
                };
                to_raw_value(&described).map(|json| Some(json.into()))
            }),
        }
    }

    /// Whether they are of users of this type.
    pub(crate) fn are_of(&self, user: TypeId) -> bool {
        self.user == user
    }

    pub(super) fn of(&self, session: &AnySession) -> Option<Profile> {
        match catch_unwind(AssertUnwindSafe(|| (self.make)(session))) {
            Ok(Ok(profile)) => profile,
            Ok(Err(error)) => {
                tracing::error!(%error, "somebody is not shown as present: the profile is no object that can be written as JSON");
                None
            }
            Err(payload) => {
                let error = panic::text(&*payload);
                tracing::error!(%error, "somebody is not shown as present: there is no profile");
                None
            }
        }
    }
}

//! What hooks put onto a request for its handler.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use http::Extensions;
use parking_lot::Mutex;

/// The values of a request, by their types. Nothing is allocated for them before the first hook is
/// run.
#[derive(Default)]
pub(crate) struct RequestValues(OnceLock<SharedValues>);

impl RequestValues {
    /// The same values, to be put and found elsewhere.
    pub(crate) fn share(&self) -> SharedValues {
        self.0.get_or_init(SharedValues::default).clone()
    }

    pub(crate) fn find<T: HookedValue>(&self) -> Option<T> {
        self.0.get().and_then(SharedValues::find)
    }
}

/// The values of a request in the hands of a hook.
#[derive(Clone, Default)]
pub(crate) struct SharedValues(Arc<Mutex<Extensions>>);

impl SharedValues {
    pub(crate) fn put(&self, value: impl HookedValue) {
        value.put_into(&mut self.0.lock());
    }

    pub(crate) fn find<T: HookedValue>(&self) -> Option<T> {
        T::find_in(&self.0.lock())
    }
}

impl fmt::Debug for SharedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedValues").finish_non_exhaustive()
    }
}

/// A value that a hook can put onto a request, and a handler take as [`Hooked`](crate::Hooked).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put onto a request by a hook",
    label = "must be `Clone + Send + Sync`",
    note = "put `#[derive(Clone)]` on `{Self}`, or put an `Arc` of it onto the request"
)]
pub trait HookedValue: Sized {
    #[doc(hidden)]
    fn put_into(self, values: &mut Extensions);

    #[doc(hidden)]
    fn find_in(values: &Extensions) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> HookedValue for T {
    fn put_into(self, values: &mut Extensions) {
        values.insert(self);
    }

    fn find_in(values: &Extensions) -> Option<Self> {
        values.get().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_value_of_a_type_and_the_last_one_counts() {
        let values = RequestValues::default();
        let shared = values.share();
        shared.put("first");
        shared.put(7_u32);
        values.share().put("last");
        assert_eq!(values.find(), Some("last"));
        assert_eq!(shared.find(), Some(7_u32));
        assert_eq!(values.find::<String>(), None);
    }

    #[test]
    fn looking_for_what_no_hook_has_put_makes_nothing() {
        let values = RequestValues::default();
        assert_eq!(values.find::<u32>(), None);
        assert!(values.0.get().is_none());
    }
}

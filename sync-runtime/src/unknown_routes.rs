//! What other nodes deliver of and this one does not know.

use std::collections::HashSet;

use parking_lot::Mutex;

/// The routes that this version of the app does not know, as far as another node has delivered of them.
#[derive(Default)]
pub(crate) struct UnknownRoutes(Mutex<HashSet<Box<str>>>);

impl UnknownRoutes {
    /// Notes one. The operator hears of it once: another version of the app can be there for long.
    pub(crate) fn note(&self, route: &str) {
        if self.0.lock().insert(route.into()) {
            tracing::warn!(route, "another node delivers of a route unknown here");
        }
    }
}

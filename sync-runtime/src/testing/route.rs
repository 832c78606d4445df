//! How tests name routes.

use crate::RouteId;

/// A route, by its name in `sync_routes` or by its text: `"board/moveCard/v1"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRoute(String);

impl TestRoute {
    /// `sync/<page>/<route>/v<version>`
    pub(super) fn full_name(&self) -> &str {
        &self.0
    }

    /// Without what all names begin with.
    pub(super) fn short_name(&self) -> &str {
        let name = self.full_name();
        name.strip_prefix("sync/").unwrap_or(name)
    }
}

impl<S, C> From<RouteId<S, C>> for TestRoute {
    fn from(route: RouteId<S, C>) -> Self {
        Self(route.full_name())
    }
}

impl From<&str> for TestRoute {
    /// The name with or without the `sync/` that all of them have on the wire.
    fn from(name: &str) -> Self {
        let name = name.strip_prefix("sync/").unwrap_or(name);
        Self(format!("sync/{name}"))
    }
}

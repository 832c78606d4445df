//! Routes: their names on the wire, and the table that they are found in.

use std::{collections::HashMap, fmt, marker::PhantomData, sync::Arc, time::Duration};

use crate::{
    App, Config,
    error::Refusal,
    handler::{
        client::{ClientHandler, ClientRoute, NoClient},
        server::{ServerHandler, ServerRoute},
    },
    observe::RouteMetrics,
    typescript::{RouteTypes, TypeScript},
};

/// The longest name that is looked at, in bytes. The names of an app's own routes come from paths
/// of files and are far shorter.
pub(crate) const MAX_NAME_BYTES: usize = 256;

/// A name of the form `sync/<page>/<route>/v<version>`; there need not be a route of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteName(Box<str>);

impl RouteName {
    pub(crate) fn parse(name: &str) -> Result<Self, Refusal> {
        if name.len() > MAX_NAME_BYTES {
            return Err(Refusal::TooLarge);
        }
        if is_route_name(name) {
            Ok(Self(name.into()))
        } else {
            Err(Refusal::InvalidRouteName { name: name.into() })
        }
    }
}

fn is_route_name(name: &str) -> bool {
    let mut segments = name.split('/');
    let is_sync = segments.next() == Some("sync");
    let version = segments.next_back().and_then(|last| last.strip_prefix('v'));
    let is_version = version.is_some_and(|digits| {
        !digits.starts_with('0') && digits.parse::<u32>().is_ok() && !digits.starts_with('+')
    });
    let mut names = 0;
    let are_names = segments.all(|segment| {
        names += 1;
        let mut bytes = segment.bytes();
        !segment.is_empty()
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    is_sync && is_version && are_names && names >= 2
}

/// A route of the app.
pub(crate) struct Route {
    /// `sync/<page>/<route>/v<version>`, as clients hear it in every delivery.
    pub(crate) full_name: Arc<str>,
    pub(crate) server: ServerRoute,
    pub(crate) client: Option<ClientRoute>,
    pub(crate) metrics: RouteMetrics,
}

impl Route {
    /// Whether one of its functions sends streams.
    pub(crate) fn streams(&self) -> bool {
        self.server.streams || self.client.as_ref().is_some_and(|client| client.streams)
    }

    /// How long its handler may run.
    pub(crate) fn handler_time(&self, config: &Config) -> Duration {
        self.server.timeout.unwrap_or(config.handler_timeout)
    }

    /// What the answers and deliveries say of a request that succeeded.
    pub(crate) fn success_message(&self) -> String {
        format!("{} success", self.full_name)
    }
}

/// The routes of an app, as the generated `sync_routes::routes()` lists them.
pub struct Routes<A> {
    entries: Vec<Route>,
    app: PhantomData<fn() -> A>,
}

/// A route of the app, as generated code names it: `sync_routes::board::move_card::V1`.
///
/// `S` stands for its server file, `C` for its `_client` file.
pub struct RouteId<S, C = NoClient> {
    name: &'static str,
    version: u32,
    handlers: PhantomData<fn() -> (S, C)>,
}

/// The route of a name such as `board/moveCard`, and a version.
pub const fn route<S, C>(name: &'static str, version: u32) -> RouteId<S, C> {
    RouteId {
        name,
        version,
        handlers: PhantomData,
    }
}

impl<S, C> RouteId<S, C> {
    /// The name that clients hear, `sync/<page>/<route>/v<version>`.
    pub(crate) fn full_name(&self) -> String {
        full_name(self.name, self.version)
    }
}

fn full_name(name: &str, version: u32) -> String {
    format!("sync/{name}/v{version}")
}

impl<S, C> Clone for RouteId<S, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, C> Copy for RouteId<S, C> {}

impl<S, C> fmt::Debug for RouteId<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full_name())
    }
}

impl<A: App> Routes<A> {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            entries: Vec::new(),
            app: PhantomData,
        }
    }

    /// Adds a route that has a server file only.
    #[must_use]
    pub fn server<H: ServerHandler<App = A>>(self, id: RouteId<H>) -> Self {
        self.add(id.name, id.version, ServerRoute::of::<H>(), None)
    }

    /// Adds a route that has a server file and a `_client` file.
    #[must_use]
    pub fn pair<H, C>(self, id: RouteId<H, C>) -> Self
    where
        H: ServerHandler<App = A>,
        C: ClientHandler<App = A>,
    {
        let client = ClientRoute::of::<C>();
        self.add(id.name, id.version, ServerRoute::of::<H>(), Some(client))
    }

    fn add(
        mut self,
        name: &str,
        version: u32,
        server: ServerRoute,
        client: Option<ClientRoute>,
    ) -> Self {
        let route = Route {
            full_name: full_name(name, version).into(),
            server,
            client,
            metrics: RouteMetrics::default(),
        };
        self.entries.push(route);
        self
    }

    pub(crate) fn into_table(self) -> RouteTable {
        let keyed = |route: Route| (route.full_name.clone(), Arc::new(route));
        RouteTable(self.entries.into_iter().map(keyed).collect())
    }
}

/// What a list of routes is made into: the routes of a server, or their TypeScript.
///
/// Generated code writes the list once, for either.
pub trait RouteList<A: App>: Sized {
    /// Adds a route that has a server file only.
    #[must_use]
    fn server<H: ServerHandler<App = A>>(self, id: RouteId<H>) -> Self;

    /// Adds a route that has a server file and a `_client` file.
    #[must_use]
    fn pair<H, C>(self, id: RouteId<H, C>) -> Self
    where
        H: ServerHandler<App = A>,
        C: ClientHandler<App = A>;
}

impl<A: App> RouteList<A> for Routes<A> {
    fn server<H: ServerHandler<App = A>>(self, id: RouteId<H>) -> Self {
        self.server(id)
    }

    fn pair<H, C>(self, id: RouteId<H, C>) -> Self
    where
        H: ServerHandler<App = A>,
        C: ClientHandler<App = A>,
    {
        self.pair(id)
    }
}

impl<A: App> RouteList<A> for TypeScript {
    fn server<H: ServerHandler<App = A>>(self, id: RouteId<H>) -> Self {
        let mut types = RouteTypes::new(id.name, id.version);
        H::describe(&mut types);
        self.with(types)
    }

    fn pair<H, C>(self, id: RouteId<H, C>) -> Self
    where
        H: ServerHandler<App = A>,
        C: ClientHandler<App = A>,
    {
        let mut types = RouteTypes::new(id.name, id.version);
        H::describe(&mut types);
        C::describe(&mut types);
        self.with(types)
    }
}

impl<A: App> Default for Routes<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A> fmt::Debug for Routes<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.entries.iter().map(|route| &route.full_name);
        f.debug_list().entries(names).finish()
    }
}

/// The routes by their full names.
pub(crate) struct RouteTable(HashMap<Arc<str>, Arc<Route>>);

impl RouteTable {
    /// The route that has exactly this name.
    pub(crate) fn named(&self, name: &str) -> Option<Arc<Route>> {
        self.0.get(name).cloned()
    }

    /// Whether what some route delivers is recorded.
    pub(crate) fn have_history(&self) -> bool {
        let mut routes = self.0.values();
        routes.any(|route| route.server.history.is_some())
    }

    /// Whether there is a route with streams that are replayed.
    pub(crate) fn have_replay(&self) -> bool {
        let mut routes = self.0.values();
        routes.any(|route| route.server.replay)
    }

    pub(crate) fn find(&self, name: &RouteName) -> Result<Arc<Route>, Refusal> {
        self.0.get(&*name.0).cloned().ok_or(Refusal::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recognised_by_their_form() {
        for name in [
            "sync/board/moveCard/v1",
            "sync/admin/settings/rename_board/v12",
            "sync/a-b/c/v1",
        ] {
            assert!(is_route_name(name), "{name}");
        }
        for name in [
            "",
            "sync",
            "sync/v1",
            "sync/board/v1",
            "board/moveCard/v1",
            "sync//moveCard/v1",
            "sync/board/moveCard",
            "sync/board/moveCard/1",
            "sync/board/moveCard/v",
            "sync/board/moveCard/v0",
            "sync/board/moveCard/v01",
            "sync/board/moveCard/v+1",
            "sync/board/moveCard/v99999999999",
            "sync/board/move card/v1",
            "sync/board/moveCard/v1/",
            "sync/../moveCard/v1",
        ] {
            assert!(!is_route_name(name), "{name}");
        }
    }

    #[test]
    fn a_name_beyond_the_limit_is_too_large() {
        let name = format!("sync/{}/x/v1", "a".repeat(MAX_NAME_BYTES));
        assert_eq!(RouteName::parse(&name), Err(Refusal::TooLarge));
    }
}

//! An app with a route for each thing a handler can do.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, http::HeaderMap};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_runtime::{
    App, Config, Hooks, Messages, Routes, SessionUser, Sessions, SyncServer, SyncServerBuilder,
    codegen::route,
};
use tokio::sync::Notify;

use crate::stream_routes;

#[derive(Debug, Clone, Default)]
pub struct AppState {
    /// Lets a handler that waits for it go on.
    pub go_on: Arc<Notify>,
    /// Told by a handler that waits for it.
    pub begun: Arc<Notify>,
    /// Told by a task that still runs.
    pub ticks: Arc<Notify>,
    runs: Arc<AtomicUsize>,
}

impl AppState {
    /// Notes that a handler runs, and tells how often that was.
    pub fn run(&self) -> usize {
        self.runs.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub language: Option<String>,
}

impl App for AppState {
    type User = User;
}

impl SessionUser for User {
    fn user_id(&self) -> &str {
        &self.name
    }

    fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }
}

/// What hooks put onto requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenant(pub String);

/// A server, its sessions and its state.
pub struct Server {
    pub router: Router,
    pub sync: SyncServer,
    sessions: Sessions<User>,
    state: AppState,
}

impl Server {
    pub fn new() -> Self {
        Self::with(Hooks::new())
    }

    pub fn with(hooks: Hooks) -> Self {
        Self::of(Sessions::in_memory(), hooks)
    }

    pub fn of(sessions: Sessions<User>, hooks: Hooks) -> Self {
        Self::built(routes(), sessions, |server| server.hooks(hooks))
    }

    pub fn saying(messages: Messages) -> Self {
        Self::built(routes(), Sessions::in_memory(), |server| {
            server.messages(messages)
        })
    }

    /// One that tells members of a room who else is in it.
    pub fn with_presence(config: Config) -> Self {
        let profile = |user: &User| json!({ "name": user.name.to_uppercase() });
        Self::built(routes(), Sessions::in_memory(), |server| {
            server.presence(profile).config(config)
        })
    }

    pub fn custom(
        routes: Routes<AppState>,
        sessions: Sessions<User>,
        hooks: Hooks,
        config: Config,
    ) -> Self {
        Self::built(routes, sessions, |server| {
            server.hooks(hooks).config(config)
        })
    }

    pub fn built(
        routes: Routes<AppState>,
        sessions: Sessions<User>,
        set: impl FnOnce(SyncServerBuilder) -> SyncServerBuilder,
    ) -> Self {
        let state = AppState::default();
        let server = SyncServer::builder(state.clone(), routes, sessions.clone());
        let sync = set(server).build().expect("good settings");
        Self {
            router: sync.mount(sync.health_routes()),
            sync,
            sessions,
            state,
        }
    }

    /// Waits until a handler has begun that waits to be let go on.
    #[cfg(feature = "redis")]
    pub async fn begun(&self) {
        self.state.begun.notified().await;
    }

    /// Lets a handler that waits for it go on.
    pub fn go_on(&self) {
        self.state.go_on.notify_one();
    }

    /// Waits until a task that a handler began has gone on for a while.
    pub async fn still_running(&self) {
        for _ in 0..10 {
            self.state.ticks.notified().await;
        }
    }

    /// Logs a user in, and gives the cookie.
    pub async fn log_in(&self, name: &str) -> String {
        self.log_in_speaking(name, None).await
    }

    /// Logs in a user who has chosen a language.
    pub async fn log_in_speaking(&self, name: &str, language: Option<&str>) -> String {
        let user = User {
            name: name.into(),
            language: language.map(Into::into),
        };
        let opened = self.sessions.open(user).await.expect("a session");
        let cookie = opened.set_cookie(&HeaderMap::new()).expect("a cookie");
        let cookie = cookie.to_str().expect("text");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }
}

pub fn routes() -> Routes<AppState> {
    stream_routes::add(Routes::new())
        .server::<echo::__SyncHandler>(route("test/echo", 1))
        .server::<uneven::__SyncHandler>(route("test/uneven", 1))
        .server::<panics::__SyncHandler>(route("test/panics", 1))
        .server::<slow::__SyncHandler>(route("test/slow", 1))
        .server::<endless::__SyncHandler>(route("test/endless", 1))
        .server::<limited::__SyncHandler>(route("test/limited", 1))
        .server::<guarded::__SyncHandler>(route("test/guarded", 1))
        .server::<doubtful::__SyncHandler>(route("test/doubtful", 1))
        .server::<hesitant::__SyncHandler>(route("test/hesitant", 1))
        .server::<unreadable::__SyncHandler>(route("test/unreadable", 1))
        .server::<fails::__SyncHandler>(route("test/fails", 1))
        .server::<tenant::__SyncHandler>(route("test/tenant", 1))
        .server::<any_tenant::__SyncHandler>(route("test/anyTenant", 1))
        .server::<anonymous::__SyncHandler>(route("test/anonymous", 1))
        .pair::<greets_server::__SyncHandler, greets_client::__SyncHandler>(route("test/greets", 1))
        .pair::<greets_server::__SyncHandler, broken_client::__SyncHandler>(route("test/broken", 1))
        .pair::<shaped_server::__SyncHandler, shaped_client::__SyncHandler>(route("test/shaped", 1))
}

mod echo {
    use sync_runtime::prelude::*;

    #[derive(Serialize, Deserialize, TS)]
    pub struct Text {
        pub text: String,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(text): Input<Text>) -> Text {
        text
    }
}

mod uneven {
    use sync_runtime::prelude::*;

    #[derive(Serialize, Deserialize, TS)]
    pub struct Step {
        pub sender: usize,
        pub room: usize,
        pub number: usize,
        pub pauses: usize,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(step): Input<Step>) -> Step {
        for _ in 0..step.pauses {
            tokio::task::yield_now().await;
        }
        step
    }
}

mod panics {
    use sync_runtime::prelude::*;

    #[sync_handler(auth = login)]
    pub async fn main() {
        panic!("a test's panic");
    }
}

mod slow {
    use sync_runtime::prelude::*;

    #[sync_handler(auth = login, timeout = "50ms")]
    pub async fn main() {
        std::future::pending::<()>().await;
    }
}

mod endless {
    use sync_runtime::prelude::*;

    #[sync_handler(auth = login)]
    pub async fn main() {
        std::future::pending::<()>().await;
    }
}

mod limited {
    use sync_runtime::prelude::*;

    #[sync_handler(auth = login, rate_limit = "2/min")]
    pub async fn main() {}
}

mod guarded {
    use sync_runtime::prelude::*;

    use super::User;

    #[derive(Debug, SyncError)]
    pub enum Denied {
        /// Only for friends.
        #[sync_error(code = "test.notAFriend", status = 403)]
        NotAFriend,
    }

    fn has_a_name(user: Session<User>) -> bool {
        user.name != "nobody"
    }

    async fn is_a_friend(user: Session<User>, room: Room) -> Result<(), Denied> {
        tokio::task::yield_now().await;
        let is_friend = user.name == "ada" || room.as_str() == "open";
        is_friend.then_some(()).ok_or(Denied::NotAFriend)
    }

    #[sync_handler(auth = login(has_a_name, is_a_friend))]
    pub async fn main() {}
}

/// Whose predicate panics, or does not end.
mod doubtful {
    use sync_runtime::prelude::*;

    use super::User;

    async fn decides(user: Session<User>) -> bool {
        assert_ne!(user.name, "eve", "a predicate that panics");
        std::future::pending().await
    }

    #[sync_handler(auth = login(decides), timeout = "50ms")]
    pub async fn main() {}
}

mod hesitant {
    use sync_runtime::prelude::*;

    async fn decides() -> bool {
        std::future::pending().await
    }

    #[sync_handler(auth = login(decides))]
    pub async fn main() {}
}

/// Whose parameter panics.
mod unreadable {
    use sync_runtime::{
        App, Failure, FromRequest, RequestContext, prelude::*, typescript::TypeSink,
    };

    pub struct Broken;

    impl<A: App> FromRequest<A> for Broken {
        fn from_request(_: &RequestContext<'_, A>) -> Result<Self, Failure> {
            panic!("a parameter that panics")
        }

        fn describe(_: &mut impl TypeSink) {}
    }

    #[sync_handler(auth = login)]
    pub async fn main(_: Broken) {}
}

mod fails {
    use sync_runtime::prelude::*;

    #[derive(Debug, SyncError)]
    pub enum LaneError {
        #[sync_error(
            code = "test.laneFull",
            status = 409,
            message = "At most {max_cards} cards fit."
        )]
        Full { max_cards: u32 },
        #[sync_error(internal, from)]
        Io(std::io::Error),
    }

    #[derive(Deserialize, TS)]
    pub struct Lane {
        full: bool,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(lane): Input<Lane>) -> Result<(), LaneError> {
        if lane.full {
            return Err(LaneError::Full { max_cards: 7 });
        }
        Err(std::io::Error::other("a secret of the disk"))?
    }
}

mod anonymous {
    use sync_runtime::prelude::*;

    use super::User;

    #[derive(Serialize, TS)]
    pub struct Hello {
        name: Option<String>,
    }

    #[sync_handler(auth = none)]
    pub async fn main(user: Option<Session<User>>) -> Hello {
        Hello {
            name: user.map(|user| user.name.clone()),
        }
    }
}

mod shaped_server {
    use sync_runtime::prelude::*;

    #[derive(Serialize, Deserialize, TS)]
    #[serde(deny_unknown_fields)]
    pub struct Secret {
        pub owner: String,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Input(secret): Input<Secret>) -> Secret {
        secret
    }
}

mod shaped_client {
    use sync_runtime::prelude::*;

    use super::{User, shaped_server::Secret};

    #[derive(Serialize, TS)]
    pub struct ForYou {
        is_yours: bool,
    }

    #[derive(Debug, SyncError)]
    pub enum NotForYou {
        /// Spies hear nothing.
        #[sync_error(code = "test.spy", status = 403)]
        Spy,
        #[sync_error(internal)]
        Lost(String),
    }

    #[sync_handler]
    pub async fn main(
        secret: ServerOutput<Secret>,
        recipient: Recipient<User>,
    ) -> Result<Deliver<ForYou>, NotForYou> {
        match recipient.name.as_str() {
            "spy" => Err(NotForYou::Spy),
            "deaf" => Ok(Deliver::Skip),
            "stranger" => Ok(Deliver::Refuse),
            "unlucky" => Err(NotForYou::Lost("a secret of the disk".into())),
            "clumsy" => panic!("a test's panic"),
            name => Ok(Deliver::Send(ForYou {
                is_yours: name == secret.owner,
            })),
        }
    }
}

mod greets_server {
    use sync_runtime::{Locale, prelude::*};

    #[derive(Serialize, Deserialize, TS)]
    pub struct Greeting {
        pub languages: String,
    }

    impl Greeting {
        pub fn in_languages_of(locale: &Locale) -> Self {
            let languages: Vec<_> = locale.languages().collect();
            Self {
                languages: languages.join(" "),
            }
        }
    }

    #[sync_handler(auth = login)]
    pub async fn main(locale: Locale) -> Greeting {
        Greeting::in_languages_of(&locale)
    }
}

mod greets_client {
    use sync_runtime::{Locale, prelude::*};

    use super::greets_server::Greeting;

    #[sync_handler]
    pub async fn main(_greeting: ServerOutput<Greeting>, locale: Locale) -> Greeting {
        Greeting::in_languages_of(&locale)
    }
}

mod broken_client {
    use sync_runtime::{App, FanoutContext, FromFanout, RecipientContext, prelude::*};

    use super::greets_server::Greeting;

    /// Cannot be read, by nobody.
    pub struct Broken;

    impl<A: App> FromFanout<A> for Broken {
        type Shared = ();

        fn share(_: &FanoutContext<'_, A>) -> Result<(), Failure> {
            Err(Failure::new("test.broken", "It is broken."))
        }

        async fn for_recipient((): &(), _: &RecipientContext<'_, A>) -> Result<Self, Failure> {
            Ok(Self)
        }
    }

    #[sync_handler]
    pub async fn main(_greeting: ServerOutput<Greeting>, _broken: Broken) {}
}

mod tenant {
    use sync_runtime::{Hooked, prelude::*};

    use super::Tenant;

    #[derive(Serialize, TS)]
    pub struct Found {
        pub tenant: Option<String>,
    }

    #[sync_handler(auth = login)]
    pub async fn main(Hooked(tenant): Hooked<Tenant>) -> Found {
        Found {
            tenant: Some(tenant.0),
        }
    }
}

mod any_tenant {
    use sync_runtime::{Hooked, prelude::*};

    use super::{Tenant, tenant::Found};

    #[sync_handler(auth = login)]
    pub async fn main(tenant: Option<Hooked<Tenant>>) -> Found {
        Found {
            tenant: tenant.map(|Hooked(tenant)| tenant.0),
        }
    }
}

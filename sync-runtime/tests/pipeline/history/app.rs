//! An app whose routes have a history.

use std::time::Duration;

use sync_runtime::{Config, Hooks, Routes, Sessions, codegen::route};

use crate::app::{AppState, Server, User};

pub fn server() -> Server {
    server_with(Config::default(), Hooks::new())
}

pub fn server_with(config: Config, hooks: Hooks) -> Server {
    Server::custom(routes(), Sessions::in_memory(), hooks, config)
}

/// A server whose sessions are also those of others.
pub fn server_of(sessions: Sessions<User>, config: Config) -> Server {
    Server::custom(routes(), sessions, Hooks::new(), config)
}

/// A node of a cluster whose sessions are also those of others.
#[cfg(feature = "redis")]
pub fn node_of(
    sessions: Sessions<User>,
    config: Config,
    cluster: sync_runtime::RedisCluster,
) -> Server {
    Server::built(routes(), sessions, |server| {
        server.config(config).cluster(cluster)
    })
}

/// Settings under which nobody goes on before its client says something.
pub fn patient() -> Config {
    Config {
        history_grace: Duration::from_hours(1),
        // A member of these tests hears only when its turn comes.
        stall_timeout: Duration::from_hours(1),
        ping_timeout: Duration::from_hours(1),
        ..Config::default()
    }
}

fn routes() -> Routes<AppState> {
    Routes::new()
        .server::<say::__SyncHandler>(route("log/say", 1))
        .server::<few::__SyncHandler>(route("log/few", 1))
        .server::<brief::__SyncHandler>(route("log/brief", 1))
        .server::<live::__SyncHandler>(route("log/live", 1))
        .pair::<shaped_server::__SyncHandler, shaped_client::__SyncHandler>(route("log/shaped", 1))
        .pair::<shaped_live::__SyncHandler, shaped_client::__SyncHandler>(route(
            "log/shapedLive",
            1,
        ))
}

mod say {
    use sync_runtime::prelude::*;

    #[derive(Serialize, Deserialize, TS)]
    pub struct Said {
        pub text: String,
    }

    #[sync_handler(auth = login, history)]
    pub async fn main(Input(said): Input<Said>) -> Said {
        said
    }
}

mod few {
    use sync_runtime::prelude::*;

    use super::say::Said;

    #[sync_handler(auth = login, history(count = 3))]
    pub async fn main(Input(said): Input<Said>) -> Said {
        said
    }
}

mod brief {
    use sync_runtime::prelude::*;

    use super::say::Said;

    #[sync_handler(auth = login, history(age = "2s"))]
    pub async fn main(Input(said): Input<Said>) -> Said {
        said
    }
}

mod live {
    use sync_runtime::prelude::*;

    use super::say::Said;

    #[sync_handler(auth = login)]
    pub async fn main(Input(said): Input<Said>) -> Said {
        said
    }
}

mod shaped_server {
    use sync_runtime::prelude::*;

    #[derive(Serialize, Deserialize, TS)]
    pub struct Shaped {
        pub text: String,
        /// How often each recipient's function lets others go first.
        pub pauses: usize,
        /// For how many milliseconds the function of the recipient `slow` waits.
        pub wait: u64,
    }

    #[sync_handler(auth = login, history)]
    pub async fn main(Input(shaped): Input<Shaped>) -> Shaped {
        shaped
    }
}

mod shaped_live {
    use sync_runtime::prelude::*;

    use super::shaped_server::Shaped;

    #[sync_handler(auth = login)]
    pub async fn main(Input(shaped): Input<Shaped>) -> Shaped {
        shaped
    }
}

mod shaped_client {
    use std::time::Duration;

    use sync_runtime::prelude::*;

    use super::shaped_server::Shaped;
    use crate::app::User;

    #[derive(Serialize, TS)]
    pub struct ForYou {
        name: String,
    }

    #[derive(Debug, SyncError)]
    pub enum NotForYou {
        /// Spies hear nothing.
        #[sync_error(code = "test.spy", status = 403)]
        Spy,
    }

    #[sync_handler]
    pub async fn main(
        shaped: ServerOutput<Shaped>,
        recipient: Recipient<User>,
    ) -> Result<Deliver<ForYou>, NotForYou> {
        let name = recipient.name.clone();
        for _ in 0..shaped.pauses {
            tokio::task::yield_now().await;
        }
        match name.as_str() {
            "spy" => Err(NotForYou::Spy),
            "deaf" => Ok(Deliver::Skip),
            "slow" => {
                tokio::time::sleep(Duration::from_millis(shaped.wait)).await;
                Ok(Deliver::Send(ForYou { name }))
            }
            _ => Ok(Deliver::Send(ForYou { name })),
        }
    }
}

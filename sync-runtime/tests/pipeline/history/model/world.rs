//! Where the servers of a run are: one that records in memory, or two nodes that record in one Redis.

use sync_runtime::{Config, Sessions};

use super::app::{self, patient};
use crate::app::{Server, User};

pub struct World {
    sessions: Sessions<User>,
    #[cfg(feature = "redis")]
    shared: Option<shared::Shared>,
}

impl World {
    pub fn in_memory() -> Self {
        Self {
            sessions: Sessions::in_memory(),
            #[cfg(feature = "redis")]
            shared: None,
        }
    }

    fn config() -> Config {
        Config {
            history_rooms: 2,
            ..patient()
        }
    }
}

#[cfg(not(feature = "redis"))]
#[expect(clippy::unused_self, reason = "with Redis they are not")]
impl World {
    pub async fn start(&self) -> Vec<Server> {
        vec![app::server_of(self.sessions.clone(), Self::config())]
    }

    pub fn is_shared(&self) -> bool {
        false
    }

    pub async fn interrupt(&self) {}

    pub async fn lose_data(&self) {}
}

#[cfg(feature = "redis")]
mod shared {
    use redis::aio::MultiplexedConnection;
    use sync_runtime::{RedisCluster, Sessions};

    use super::{Server, World, app};
    use crate::cluster::redis_server::RedisServer;

    pub struct Shared {
        url: String,
        prefix: String,
        connection: MultiplexedConnection,
    }

    impl World {
        pub async fn in_redis(server: &RedisServer, seed: u64) -> Self {
            let client = redis::Client::open(server.url()).expect("a URL");
            let connection = client.get_multiplexed_async_connection().await;
            Self {
                sessions: Sessions::in_memory(),
                shared: Some(Shared {
                    url: server.url(),
                    prefix: format!("{seed}:"),
                    connection: connection.expect("a connection"),
                }),
            }
        }

        pub async fn start(&self) -> Vec<Server> {
            let Some(shared) = &self.shared else {
                return vec![app::server_of(self.sessions.clone(), Self::config())];
            };
            let mut nodes = Vec::new();
            for _ in 0..2 {
                let cluster = RedisCluster::connect(&shared.url).await;
                let cluster = cluster.expect("a cluster").prefix(&shared.prefix);
                nodes.push(app::node_of(self.sessions.clone(), Self::config(), cluster));
            }
            nodes
        }

        pub fn is_shared(&self) -> bool {
            self.shared.is_some()
        }

        /// Cuts the nodes off from what the others say, for a moment.
        pub async fn interrupt(&self) {
            self.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        }

        /// Has Redis begin anew.
        pub async fn lose_data(&self) {
            self.ask(&["FLUSHALL"]).await;
            self.interrupt().await;
        }

        async fn ask(&self, words: &[&str]) {
            let Some(shared) = &self.shared else { return };
            let mut command = redis::cmd(words[0]);
            command.arg(&words[1..]);
            let mut connection = shared.connection.clone();
            let answer = command.query_async::<redis::Value>(&mut connection).await;
            answer.expect("an answer");
        }
    }
}

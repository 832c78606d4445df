//! A real Redis for tests.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{net::TcpStream, time::sleep};

use super::RedisSessions;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A Redis of the test's own that ends with it.
pub(crate) struct RedisServer {
    pub(crate) port: u16,
    process: Child,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        Self::start_at(free_port()).await
    }

    pub(crate) async fn start_at(port: u16) -> Self {
        Self::run(port, &["--appendonly", "no"]).await
    }

    /// One that does not know a command.
    pub(crate) async fn start_without(command: &str) -> Self {
        Self::run(free_port(), &["--rename-command", command, ""]).await
    }

    /// One that writes down every change in a folder.
    pub(crate) async fn start_in(folder: &Path) -> Self {
        Self::start_in_at(folder, free_port()).await
    }

    pub(crate) async fn start_in_at(folder: &Path, port: u16) -> Self {
        let folder = folder.to_str().expect("a path of text");
        Self::run(port, &["--appendonly", "yes", "--dir", folder]).await
    }

    async fn run(port: u16, how: &[&str]) -> Self {
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", ""])
            .args(how)
            .stdout(Stdio::null())
            .spawn()
            .expect("`redis-server` can be run: install Redis to run these tests");
        let mut server = Self { port, process };
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            let ended = server.process.try_wait().ok().flatten();
            assert_eq!(ended, None, "redis-server ended before it listened");
            assert!(began.elapsed() < PATIENCE, "redis-server does not listen");
            sleep(Duration::from_millis(10)).await;
        }
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) async fn store(&self) -> RedisSessions {
        let store = RedisSessions::connect(&self.url()).await;
        store.expect("a connection to the Redis that was just started")
    }

    /// Sends the process a signal: with `-STOP` connections stand and nothing is answered.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }
}

fn free_port() -> u16 {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    free.local_addr().expect("an address").port()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

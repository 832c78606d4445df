//! All processes that serve one room: one server, or several and the Redis between them.

use std::{error::Error, io, net::SocketAddr, time::Duration};

use super::{
    redis::{Commands, Redis},
    server::{Server, ServerProcess},
};

/// What is measured; it ends with this.
pub(crate) struct System {
    nodes: Vec<ServerProcess>,
    redis: Option<Redis>,
}

impl System {
    /// Starts what a server is made of, with so many routes more.
    pub(crate) fn start(
        server: Server,
        routes: usize,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let redis = match server.nodes() {
            1 => None,
            _ => Some(Redis::start()?),
        };
        let mut options = Vec::new();
        if routes > 0 {
            options.extend(["--routes".to_owned(), routes.to_string()]);
        }
        if let Some(redis) = &redis {
            options.extend(["--redis".to_owned(), redis.url()]);
        }
        let nodes = (0..server.nodes()).map(|_| ServerProcess::start(server, &options));
        Ok(Self {
            nodes: nodes.collect::<Result<_, _>>()?,
            redis,
        })
    }

    /// Where members connect, in turn.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// What all of it has used of the processors so far.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let mut cpu = self.redis_cpu()?;
        for node in &self.nodes {
            cpu += node.cpu()?;
        }
        Ok(cpu)
    }

    /// What Redis has, of that.
    pub(crate) fn redis_cpu(&self) -> io::Result<Duration> {
        self.redis.as_ref().map_or(Ok(Duration::ZERO), Redis::cpu)
    }

    /// What Redis has been asked so far, if there is one.
    pub(crate) fn commands(&self) -> io::Result<Option<Commands>> {
        self.redis.as_ref().map(Redis::commands).transpose()
    }

    /// The memory that the servers hold, in bytes.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        self.nodes.iter().map(ServerProcess::memory).sum()
    }
}

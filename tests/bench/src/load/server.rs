//! A server as a process of its own, so that what it costs can be told from what the load costs.

use std::{
    error::Error,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    thread::available_parallelism,
    time::Duration,
};

use crate::{many, usage};

/// The servers that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// sync, without and with a `_client` file, and with history.
    Echo,
    Filter,
    Logged,
    /// The same on two nodes that a Redis joins.
    EchoNodes,
    FilterNodes,
    LoggedNodes,
    /// socketioxide by itself: one emit for the room, and one for each recipient.
    Bare,
    BareLoop,
    /// Node's Socket.IO, likewise.
    Node,
    NodeLoop,
    /// The same bytes, without anything else.
    Floor,
}

impl Server {
    pub(crate) const ALL: [Self; 11] = [
        Self::Echo,
        Self::Bare,
        Self::Node,
        Self::Filter,
        Self::BareLoop,
        Self::NodeLoop,
        Self::Logged,
        Self::Floor,
        Self::EchoNodes,
        Self::FilterNodes,
        Self::LoggedNodes,
    ];

    /// Those of one process each.
    pub(crate) fn alone() -> Vec<Self> {
        let mut servers = Vec::from(Self::ALL);
        servers.retain(|server| server.nodes() == 1);
        servers
    }

    /// What it is called on the command line and in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Filter => "filter",
            Self::Logged => "logged",
            Self::EchoNodes => "echo-2",
            Self::FilterNodes => "filter-2",
            Self::LoggedNodes => "logged-2",
            Self::Bare => "bare",
            Self::BareLoop => "bare-loop",
            Self::Node => "node",
            Self::NodeLoop => "node-loop",
            Self::Floor => "floor",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|server| server.name() == name)
    }

    /// Whether it is sync, which has to lose nothing and to keep all in order.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Echo | Self::Filter | Self::Logged) || self.nodes() > 1
    }

    /// How many processes it is; more than one are joined by Redis.
    pub(crate) fn nodes(self) -> usize {
        match self {
            Self::EchoNodes | Self::FilterNodes | Self::LoggedNodes => 2,
            _ => 1,
        }
    }

    /// Whether each recipient gets something of its own.
    pub(crate) fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Filter | Self::FilterNodes | Self::BareLoop | Self::NodeLoop
        )
    }

    /// What requests are made of it for, in turn, if it was started with so many routes more.
    pub(crate) fn routes(self, more: usize) -> Vec<String> {
        let name = match self {
            Self::Logged | Self::LoggedNodes => "logged",
            server if server.is_personal() => "filter",
            _ => "echo",
        };
        if more == 0 {
            return vec![format!("bench/{name}/v1")];
        }
        let names = many::names(more).filter(|(_, kind)| *kind == name);
        names.map(|(name, _)| format!("{name}/v1")).collect()
    }

    fn command(self) -> std::io::Result<Command> {
        let (program, words): (_, &[&str]) = match self {
            Self::Node => ("node".into(), &["emit"]),
            Self::NodeLoop => ("node".into(), &["loop"]),
            Self::Echo
            | Self::Filter
            | Self::Logged
            | Self::EchoNodes
            | Self::FilterNodes
            | Self::LoggedNodes => (std::env::current_exe()?, &["serve"]),
            Self::Bare => (std::env::current_exe()?, &["bare"]),
            Self::BareLoop => (std::env::current_exe()?, &["bare", "--loop"]),
            Self::Floor => (std::env::current_exe()?, &["floor"]),
        };
        let mut command = Command::new(program);
        if matches!(self, Self::Node | Self::NodeLoop) {
            command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("node/server.mjs"));
        }
        command.args(words);
        Ok(command)
    }
}

/// A running server; it ends with this.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts it, with options beside its own. Nodes of one server share the workers that it would have alone, as
    /// if each had its own part of the machine.
    pub(crate) fn start(
        server: Server,
        options: &[String],
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut command = server.command()?;
        let workers = available_parallelism()?.get() / server.nodes();
        command.env("TOKIO_WORKER_THREADS", workers.max(1).to_string());
        let child = command.args(options).stdout(Stdio::piped()).spawn()?;
        // It ends also if it turns out that it does not serve.
        let mut process = Self {
            child,
            address: (Ipv4Addr::UNSPECIFIED, 0).into(),
        };
        let stdout = process.child.stdout.take();
        let stdout = stdout.ok_or("the server has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line.split_whitespace().nth(1).unwrap_or_default();
        let address = url.trim_start_matches("http://").parse();
        process.address =
            address.map_err(|_| format!("the server {} did not start: {line}", server.name()))?;
        Ok(process)
    }

    /// What it has used of the processors so far.
    pub(crate) fn cpu(&self) -> std::io::Result<Duration> {
        usage::cpu(self.child.id())
    }

    /// The memory that it holds, in bytes.
    pub(crate) fn memory(&self) -> std::io::Result<u64> {
        usage::memory(self.child.id())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

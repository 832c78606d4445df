//! A server as a process of its own, so that what it costs can be told from what the load costs.

use std::{
    error::Error,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::cpu;

/// A running server; it ends with this.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts this program's own server.
    pub(crate) fn start() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line.split_whitespace().nth(1).unwrap_or_default();
        let address = url.trim_start_matches("http://").parse();
        let address = address.map_err(|_| format!("the server did not start: {line}"))?;
        Ok(Self { child, address })
    }

    /// What it has used of the processors so far.
    pub(crate) fn cpu(&self) -> std::io::Result<Duration> {
        cpu::used(self.child.id())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

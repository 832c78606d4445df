//! A Redis that joins the nodes of a run, and what it is asked.

use std::{
    collections::BTreeMap,
    error::Error,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::usage;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is asked until then.
const ASK_EVERY: Duration = Duration::from_millis(10);

/// How often Redis has run each command, also within scripts.
pub(crate) type Commands = BTreeMap<String, u64>;

/// A running Redis that keeps nothing; it ends with this.
pub(crate) struct Redis {
    child: Child,
    address: SocketAddr,
}

impl Redis {
    pub(crate) fn start() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        drop(listener);
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("redis-server cannot be run: {error}"))?;
        let redis = Self { child, address };
        let begun = Instant::now();
        while redis.commands().is_err() {
            if begun.elapsed() > PATIENCE {
                return Err("redis-server does not answer".into());
            }
            sleep(ASK_EVERY);
        }
        Ok(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    /// What it has used of the processors so far.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        usage::cpu(self.child.id())
    }

    /// What it has run so far.
    pub(crate) fn commands(&self) -> io::Result<Commands> {
        let mut connection = TcpStream::connect(self.address)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.write_all(b"INFO commandstats\r\n")?;
        let mut answer = BufReader::new(connection);
        // A length, and then a text of that length.
        let mut head = String::new();
        answer.read_line(&mut head)?;
        let length = head.trim().strip_prefix('$').and_then(|n| n.parse().ok());
        let length: u64 = length.ok_or_else(|| io::Error::other(head))?;
        let mut text = String::new();
        answer.take(length).read_to_string(&mut text)?;
        Ok(parse(&text))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `cmdstat_publish:calls=21,usec=175,...`; subcommands are `cmdstat_pubsub|numsub`.
fn parse(text: &str) -> Commands {
    let lines = text.lines().filter_map(|line| {
        let (name, counts) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let (calls, _) = counts.split_once(',')?;
        Some((name.to_owned(), calls.parse().ok()?))
    });
    // What this asks itself is not what is measured.
    lines.filter(|(name, _)| name != "info").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redis_says_of_its_commands_is_read() {
        let text = "# Commandstats\r\ncmdstat_publish:calls=21,usec=175,usec_per_call=8.33\r\n\
            cmdstat_pubsub|numsub:calls=3,usec=1,usec_per_call=0.33\r\ncmdstat_info:calls=2,usec=9\r\n";
        let commands = [("publish".to_owned(), 21), ("pubsub|numsub".to_owned(), 3)];
        assert_eq!(parse(text), commands.into());
    }
}

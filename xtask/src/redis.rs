//! A Redis for a demo, which forgets all when it ends.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::{Failure, Result, Running},
    system,
};

/// How long it may take to answer.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How often it is asked until then.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Starts it on a free port, and gives its URL once it answers.
pub(crate) fn start() -> Result<(Running, String)> {
    let program = system::redis()?;
    let port = free_port().ok_or_else(|| Failure::said("no port is free for Redis"))?;
    let mut command = Command::new(program);
    command
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--port", &port.to_string()])
        .stdout(Stdio::null());
    let running = Running::start(&mut command)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let deadline = Instant::now() + READY_WITHIN;
    while !answers(address) {
        if Instant::now() > deadline {
            return Err(Failure::said("redis-server does not answer"));
        }
        thread::sleep(ASK_EVERY);
    }
    Ok((running, format!("redis://{address}/")))
}

fn free_port() -> Option<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
    Some(listener.local_addr().ok()?.port())
}

fn answers(address: SocketAddr) -> bool {
    let ask = || {
        let mut connection = TcpStream::connect(address)?;
        connection.set_read_timeout(Some(READY_WITHIN))?;
        connection.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        connection.read_exact(&mut answer)?;
        std::io::Result::Ok(answer == *b"+PONG")
    };
    ask().unwrap_or(false)
}

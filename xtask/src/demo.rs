//! `cargo xtask demo`: the example board, built and served.

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{ChildStdout, Command, Stdio},
    thread,
};

use crate::{
    args::DemoArgs,
    node,
    process::{self, Failure, Result, Running},
    proxy, redis, workspace,
};

pub(crate) fn run(words: &[String]) -> Result {
    let args = DemoArgs::parse(words)?;
    match serve(&args) {
        // Being stopped is how a demo ends.
        Err(Failure::Interrupted) => Ok(()),
        done => done,
    }
}

/// The app and its bindings, of what the tests build them of.
const DEMO: [&str; 7] = [
    "build",
    "-p",
    "example-app",
    "-p",
    "example-app-bindings",
    "-p",
    "sync-one-build",
];

fn serve(args: &DemoArgs) -> Result {
    // Before minutes of building, not after.
    check_port(args.port)?;
    let data = match &args.data {
        Some(data) => data.clone(),
        None => workspace::demo_data()?,
    };
    // The server runs in the repository, whoever asks may be elsewhere.
    let data = fs::create_dir_all(&data)
        .and_then(|()| data.canonicalize())
        .map_err(|error| Failure::said(format!("cannot make {}: {error}", data.display())))?;

    node::install()?;
    node::build_client()?;
    // The bindings refresh the front end's types, so they come before the front end.
    process::run(workspace::cargo().args(DEMO).stdout(Stdio::null()))?;
    node::build_web()?;

    if args.nodes > 1 {
        return several(args, &data);
    }
    let mut server = Running::start(&mut node(args.port, &data)?)?;
    let printed = server
        .stdout()
        .map(|stdout| thread::spawn(move || pass_on(stdout)));
    let ended = server.wait();
    if let Some(printed) = printed {
        printed.join().ok();
    }
    let status = ended?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::said(format!(
            "the server ended by itself: {status}"
        )))
    }
}

/// A process of the app.
fn node(port: u16, data: &Path) -> Result<Command> {
    let mut server = Command::new(workspace::example_app()?);
    server
        .current_dir(workspace::root())
        .arg("--port")
        .arg(port.to_string())
        .arg("--data")
        .arg(data)
        .stdout(Stdio::piped());
    Ok(server)
}

/// Several processes of the app with a Redis of their own, behind one port.
fn several(args: &DemoArgs, data: &Path) -> Result {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port));
    let listener = listener.map_err(|error| taken(args.port, &error))?;
    let (redis, url) = redis::start()?;
    let mut running = vec![redis];
    let mut nodes = Vec::new();
    for number in 1..=args.nodes {
        let mut server = Running::start(node(0, data)?.arg("--redis").arg(&url))?;
        let ready = server.stdout().and_then(ready);
        let address = ready.ok_or_else(|| Failure::said(format!("node {number} did not start")))?;
        note(&format!("node {number}: http://{address}"));
        nodes.push(address);
        running.push(server);
    }
    let address = proxy::serve(listener, nodes)?;
    say(&format!("ready http://{address}"));
    let (name, status) = Running::wait_for_one(&mut running)?;
    Err(Failure::said(format!("{name} ended by itself: {status}")))
}

/// Where a server listens, once it says so. What it says after that is passed on.
fn ready(stdout: ChildStdout) -> Option<SocketAddr> {
    let mut lines = BufReader::new(stdout).lines();
    let first = lines.next()?.ok()?;
    thread::spawn(move || {
        lines.map_while(io::Result::ok).for_each(|line| note(&line));
    });
    first.strip_prefix("ready http://")?.parse().ok()
}

fn check_port(port: u16) -> Result {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => Err(taken(port, &error)),
    }
}

fn taken(port: u16, error: &io::Error) -> Failure {
    Failure::said(format!(
        "cannot listen on 127.0.0.1:{port}: {error}; `--port N` takes another one, `--port 0` any that is free"
    ))
}

/// Only the line that says the server is ready belongs on stdout, where a script waits for it.
fn pass_on(stdout: ChildStdout) {
    for line in BufReader::new(stdout).lines().map_while(io::Result::ok) {
        if line.starts_with("ready ") {
            say(&line);
        } else {
            note(&line);
        }
    }
}

/// Says something beside what the servers log, whose lines go to the same place and must not come into this one: it is
/// written in one piece.
fn note(line: &str) {
    io::stderr().write_all(format!("{line}\n").as_bytes()).ok();
}

/// Whoever started us may have stopped reading; the server goes on all the same.
fn say(line: &str) {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .ok();
}

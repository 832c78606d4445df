//! `cargo xtask demo`: the example board, built and served.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener},
    process::{Command, Stdio},
    thread,
};

use crate::{
    args::DemoArgs,
    node,
    process::{self, Failure, Result, Running},
    workspace,
};

pub(crate) fn run(words: &[String]) -> Result {
    let args = DemoArgs::parse(words)?;
    match serve(&args) {
        // Being stopped is how a demo ends.
        Err(Failure::Interrupted) => Ok(()),
        done => done,
    }
}

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
    process::run(
        workspace::cargo()
            .args(["build", "-p", "example-app", "-p", "example-app-bindings"])
            .stdout(Stdio::null()),
    )?;
    node::build_web()?;

    let mut server = Command::new(workspace::example_app()?);
    server
        .current_dir(workspace::root())
        .arg("--port")
        .arg(args.port.to_string())
        .arg("--data")
        .arg(&data)
        .stdout(Stdio::piped());
    let mut server = Running::start(&mut server)?;
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

fn check_port(port: u16) -> Result {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::said(format!(
            "cannot listen on 127.0.0.1:{port}: {error}; `--port N` takes another one, `--port 0` any that is free"
        ))),
    }
}

/// Only the line that says the server is ready belongs on stdout, where a script waits for it.
fn pass_on(stdout: std::process::ChildStdout) {
    for line in BufReader::new(stdout)
        .lines()
        .map_while(std::result::Result::ok)
    {
        if line.starts_with("ready ") {
            let mut stdout = std::io::stdout().lock();
            // Whoever started us may have stopped reading; the server goes on all the same.
            writeln!(stdout, "{line}")
                .and_then(|()| stdout.flush())
                .ok();
        } else {
            eprintln!("{line}");
        }
    }
}

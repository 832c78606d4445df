//! A port in front of several servers: each connection goes to the next of them that takes it.
//!
//! It looks at nothing that passes, and so keeps no client at one server: Socket.IO needs that only
//! for long polling, which clients that begin with a web socket do without.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use crate::process::{Failure, Result};

/// How long a server may take to accept a connection before the next one is asked.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Passes on what comes to the listener, as long as the program runs. Gives where it listens.
pub(crate) fn serve(listener: TcpListener, servers: Vec<SocketAddr>) -> Result<SocketAddr> {
    let address = listener.local_addr();
    let address = address.map_err(|error| Failure::said(format!("cannot listen: {error}")))?;
    thread::spawn(move || {
        let clients = listener.incoming().map_while(io::Result::ok);
        for (first, client) in clients.enumerate() {
            let servers: Vec<_> = in_turn(&servers, first).collect();
            thread::spawn(move || join(client, &servers));
        }
    });
    Ok(address)
}

/// All servers, beginning with one of them.
fn in_turn(servers: &[SocketAddr], first: usize) -> impl Iterator<Item = SocketAddr> {
    let from = first % servers.len().max(1);
    let (before, rest) = servers.split_at(from);
    rest.iter().chain(before).copied()
}

/// Joins a client to the first server that takes it, until either of them ends.
fn join(client: TcpStream, servers: &[SocketAddr]) {
    let mut taken = servers
        .iter()
        .filter_map(|server| TcpStream::connect_timeout(server, CONNECT_TIMEOUT).ok());
    let Some(server) = taken.next() else {
        return;
    };
    let (Ok(from_client), Ok(to_client)) = (client.try_clone(), client.try_clone()) else {
        return;
    };
    let (Ok(from_server), Ok(to_server)) = (server.try_clone(), server.try_clone()) else {
        return;
    };
    for end in [&client, &server] {
        end.set_nodelay(true).ok();
    }
    let back = thread::spawn(move || pass(from_server, to_client));
    pass(from_client, to_server);
    back.join().ok();
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    io::copy(&mut from, &mut to).ok();
    // The other direction may still have something to say, but not to one that is gone.
    from.shutdown(Shutdown::Read).ok();
    to.shutdown(Shutdown::Write).ok();
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// A server that answers each connection with a word.
    fn says(word: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for client in listener.incoming() {
                let mut client = client.expect("a connection");
                client.write_all(word.as_bytes()).expect("somebody reads");
            }
        });
        address
    }

    fn asked(address: SocketAddr) -> String {
        let mut connection = TcpStream::connect(address).expect("a connection");
        let mut heard = String::new();
        connection.read_to_string(&mut heard).expect("text");
        heard
    }

    #[test]
    fn connections_go_to_the_servers_in_turn_and_past_one_that_is_gone() {
        let gone = {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.local_addr().expect("an address")
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let servers = vec![says("one"), gone, says("two")];
        let proxy = serve(listener, servers).expect("an address");
        let heard: Vec<_> = (0..4).map(|_| asked(proxy)).collect();
        assert_eq!(heard, ["one", "two", "two", "one"]);
    }
}

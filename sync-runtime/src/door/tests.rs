//! Lines, with web sockets whose clients are tests.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, duplex},
    net::{TcpListener, TcpStream},
    task::yield_now,
    time::{Instant, timeout},
};

use super::{
    flusher::{self, Batch},
    line::{Line, MAX_BELOW, When},
    network::Network,
    wire::{CLOSE, Wire},
};
use crate::{
    Config,
    packet::{Amount, Around, Packet},
    sockets_for_tests::{PATIENCE, serve},
};

fn line() -> Arc<Line> {
    Arc::new(Line::new(flusher::begin(0, Duration::ZERO)))
}

/// An event with this much text.
fn packet(bytes: usize) -> Packet {
    Packet::event("sync", &json!("x".repeat(bytes))).expect("written")
}

/// Whether it is sent directly.
fn send(line: &Arc<Line>, packet: &Packet) -> bool {
    line.traffic().sent(packet.amount());
    line.send(packet.clone(), When::Due).is_ok()
}

/// What a packet is on the network.
fn bytes(packet: &Packet) -> Vec<u8> {
    packet.clone().into_frame().to_vec()
}

/// A frame as the layer below writes it.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("short");
    [&[0x81, length], text.as_bytes()].concat()
}

async fn read(client: &mut (impl AsyncRead + Unpin), expected: &[&[u8]]) {
    let expected = expected.concat();
    let mut read = vec![0; expected.len()];
    client.read_exact(&mut read).await.expect("read");
    assert_eq!(read, expected);
}

#[tokio::test]
async fn a_line_ends_after_the_message_that_its_client_is_sending() {
    let (mut client, server) = duplex(1024);
    let line = line();
    let mut wire = Wire::new(Network::other(server), &line).expect("a free line");
    let mut buffer = [0; 64];

    client
        .write_all(&[0x81, 0x82, 0, 0, 0, 0, b'4'])
        .await
        .expect("written");
    assert_eq!(wire.read(&mut buffer).await.expect("read"), 7);
    line.hang_up();
    client.write_all(b"x").await.expect("written");
    assert_eq!(wire.read(&mut buffer).await.expect("read"), 1);
    assert_eq!(wire.read(&mut buffer).await.expect("read"), 7);
    assert_eq!(buffer[..7], CLOSE);
}

#[tokio::test]
async fn a_line_on_which_nobody_speaks_ends_at_once() {
    let (_client, server) = duplex(1024);
    let line = line();
    let mut wire = Wire::new(Network::other(server), &line).expect("a free line");
    let reading = tokio::spawn(async move {
        let mut buffer = [0; 3];
        let mut all = Vec::new();
        while all.len() < CLOSE.len() {
            let read = wire.read(&mut buffer).await.expect("read");
            all.extend_from_slice(&buffer[..read]);
        }
        all
    });
    yield_now().await;
    line.hang_up();
    assert_eq!(reading.await.expect("read"), CLOSE);
}

#[tokio::test]
async fn packets_and_what_the_layer_below_writes_come_in_their_order() {
    let (mut client, server) = duplex(100_000);
    let line = line();
    let mut wire = Wire::new(Network::other(server), &line).expect("a free line");
    line.connect();
    let (first, second) = (packet(10), packet(70_000));
    assert!(send(&line, &first));
    for text in ["0{}", "40{}", "2"] {
        wire.write_all(&frame(text)).await.expect("written");
    }
    assert!(send(&line, &second));
    wire.write_all(&frame("2")).await.expect("written");
    wire.flush().await.expect("written");
    read(&mut client, &[&frame("0{}"), &frame("40{}")]).await;
    read(&mut client, &[&bytes(&first), &frame("2"), &bytes(&second)]).await;
    read(&mut client, &[&frame("2")]).await;
    assert_eq!(line.traffic().unsent(), Amount::default());
}

#[tokio::test]
async fn a_session_that_polled_goes_over_when_its_client_says_so_and_stays_when_it_does_not() {
    let (client, server) = duplex(1024);
    let line = line();
    let wire = Wire::after_polls(Network::other(server), &line).expect("a free line");
    assert!(!send(&line, &packet(1)));
    drop((wire, client));
    assert!(!send(&line, &packet(1)));
    line.polled(b"42[]\x1e42[]");

    let (mut client, server) = duplex(1024);
    let mut wire = Wire::after_polls(Network::other(server), &line).expect("a free line");
    assert!(!send(&line, &packet(1)));
    let upgrade = [0x81, 0x81, 7, 0, 0, 0, b'5' ^ 7];
    client.write_all(&upgrade).await.expect("written");
    wire.read_exact(&mut [0; 7]).await.expect("read");
    let direct = packet(2);
    assert!(send(&line, &direct));
    let below = frame("42[]");
    wire.write_all(&below).await.expect("written");
    read(&mut client, &[&below, &bytes(&direct)]).await;
}

#[tokio::test]
async fn what_the_client_takes_is_written_and_what_it_does_not_take_is_not() {
    let (mut client, server) = duplex(64);
    let line = line();
    let _wire = Wire::new(Network::other(server), &line).expect("a free line");
    let packets = [packet(48), packet(30), packet(100_000)];
    let all: usize = packets.iter().map(|packet| packet.amount().bytes).sum();
    for packet in &packets {
        send(&line, packet);
    }
    yield_now().await;
    yield_now().await;
    let first = bytes(&packets[0]).len();
    let unsent = line.traffic().unsent();
    // Two headers of two bytes do not count, nor does a packet of which a part is written.
    assert_eq!(first, 64 - 1);
    assert_eq!((unsent.packets, unsent.bytes), (2, all - (first - 2)));
    let packets = packets.each_ref().map(bytes);
    read(&mut client, &packets.each_ref().map(|packet| &packet[..])).await;
    assert_eq!(line.traffic().unsent(), Amount::default());
}

#[tokio::test(start_paused = true)]
async fn a_line_is_settled_when_what_was_sent_is_held_up_no_longer_or_for_too_long() {
    let (mut client, server) = duplex(1024);
    let line = line();
    let mut wire = Wire::new(Network::other(server), &line).expect("a free line");
    line.settled().await;
    line.connect();
    let last = packet(1);
    assert!(send(&line, &last));
    let begun = Instant::now();
    // As the layer below, which writes all that it has together.
    let below = RefCell::new(frame("40{}"));
    let disconnecting = async {
        line.settled().await;
        below.borrow_mut().extend(frame("41"));
    };
    let writing = async {
        tokio::time::sleep(Duration::from_millis(42)).await;
        let written = below.take();
        wire.write_all(&written).await.expect("written");
    };
    tokio::join!(disconnecting, writing);
    assert!(begun.elapsed() < Duration::from_millis(50));
    let written = below.take();
    wire.write_all(&written).await.expect("written");
    read(&mut client, &[&frame("40{}"), &bytes(&last), &frame("41")]).await;

    line.connect();
    line.settled().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn packets_in_parts_of_any_length_are_written_in_their_order() {
    let (mut client, server) = duplex(1000);
    let line = line();
    let _wire = Wire::new(Network::other(server), &line).expect("a free line");
    let around = Arc::new(Around::event("sync", "\"", "\""));
    let own = [10, 100_000, 0, 50_000, 70_000].map(|bytes| "x".repeat(bytes));
    let packets = own.map(|own| around.with(own.into_bytes()));
    for packet in &packets {
        assert!(send(&line, packet));
    }
    let packets = packets.each_ref().map(bytes);
    read(&mut client, &packets.each_ref().map(|packet| &packet[..])).await;
    assert_eq!(line.traffic().unsent(), Amount::default());
}

#[tokio::test]
async fn a_line_that_is_cut_fails_who_reads_and_who_writes() {
    let (_client, server) = duplex(16);
    let line = line();
    let wire = Wire::new(Network::other(server), &line).expect("a free line");
    assert!(Wire::new(Network::other(tokio::io::empty()), &line).is_none());
    let (mut reader, mut writer) = tokio::io::split(wire);
    let reading = tokio::spawn(async move { reader.read_u8().await.map(drop) });
    let writing = tokio::spawn(async move {
        writer.write_all(&[0; MAX_BELOW]).await?;
        writer.write_all(&[0]).await
    });
    yield_now().await;
    assert!(!writing.is_finished(), "there is a bound");
    line.cut();
    for end in [reading.await, writing.await] {
        let error = end.expect("no panic").expect_err("it is cut");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }
    assert!(Wire::new(Network::other(tokio::io::empty()), &line).is_some());
}

#[tokio::test]
async fn a_line_whose_client_has_gone_is_cut() {
    let (client, server) = duplex(16);
    let line = line();
    let mut wire = Wire::new(Network::other(server), &line).expect("a free line");
    drop(client);
    send(&line, &packet(1));
    wire.flush()
        .await
        .expect("nothing of the layer below waits");
    while line.whole().is_ok() {
        yield_now().await;
    }
    wire.read_u8().await.expect_err("it is cut");
}

/// A network on which nothing comes, and that cannot be written to.
struct Panics;

impl AsyncRead for Panics {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Panics {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        panic!("this network panics")
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_network_that_panics_ends_its_own_line_and_no_other() {
    let flusher = flusher::begin(0, Duration::ZERO);
    let [broken, whole] = [(); 2].map(|()| Arc::new(Line::new(flusher.clone())));
    let mut wire = Wire::new(Network::other(Panics), &broken).expect("a free line");
    let (mut client, server) = duplex(1024);
    let _wire = Wire::new(Network::other(server), &whole).expect("a free line");
    assert!(send(&broken, &packet(1)));
    let error = wire.read_u8().await.expect_err("it is cut");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    assert!(send(&whole, &packet(1)));
    read(&mut client, &[&bytes(&packet(1))]).await;
}

#[tokio::test(start_paused = true)]
async fn what_many_get_waits_for_its_round_and_an_answer_takes_it_along() {
    const INTERVAL: Duration = Duration::from_millis(100);
    let flusher = flusher::begin(0, INTERVAL);
    let [line, other] = [(); 2].map(|()| Arc::new(Line::new(flusher.clone())));
    let (mut client, server) = duplex(1024);
    let _wire = Wire::new(Network::other(server), &line).expect("a free line");
    let (mut other_client, server) = duplex(1024);
    let _other_wire = Wire::new(Network::other(server), &other).expect("a free line");
    let [first, second, answer, third] = [1, 2, 3, 4].map(packet);
    let begun = Instant::now();
    let rounds = || begun.elapsed().as_millis() / INTERVAL.as_millis();

    assert!(send(&line, &first));
    read(&mut client, &[&bytes(&first)]).await;
    assert_eq!(rounds(), 0, "the first round is at once");

    assert!(send(&line, &second));
    assert!(send(&other, &second));
    line.traffic().sent(answer.amount());
    assert!(line.send(answer.clone(), When::AtOnce).is_ok());
    read(&mut client, &[&bytes(&second), &bytes(&answer)]).await;
    assert_eq!(rounds(), 0, "an answer waits for no round");
    read(&mut other_client, &[&bytes(&second)]).await;
    assert_eq!(rounds(), 1);

    assert!(send(&line, &third));
    read(&mut client, &[&bytes(&third)]).await;
    assert_eq!(rounds(), 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_are_sent_to_together_share_a_round_that_begins_when_all_have_it() {
    const INTERVAL: Duration = Duration::from_millis(100);
    let flusher = flusher::begin(0, INTERVAL);
    let lines = [(); 3].map(|()| Arc::new(Line::new(flusher.clone())));
    let mut ends = lines.each_ref().map(|line| {
        let (client, server) = duplex(1024);
        (
            client,
            Wire::new(Network::other(server), line).expect("a free line"),
        )
    });
    let packet = packet(1);
    let begun = Instant::now();
    let mut batch = Batch::default();
    for line in &lines {
        line.traffic().sent(packet.amount());
        let sent = line.send(packet.clone(), When::DueWith(&mut batch));
        assert!(sent.is_ok());
        for _ in 0..10 {
            yield_now().await;
        }
        assert_eq!(lines[0].traffic().unsent(), packet.amount());
    }
    drop(batch);
    for (client, _) in &mut ends {
        read(client, &[&bytes(&packet)]).await;
    }
    assert!(begun.elapsed() < INTERVAL);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_its_round_is_written_before_its_line_is_hung_up() {
    let (mut client, server) = duplex(1024);
    let line = Arc::new(Line::new(flusher::begin(0, Duration::from_millis(100))));
    let mut wire = Wire::new(Network::other(server), &line).expect("a free line");
    assert!(send(&line, &packet(1)));
    read(&mut client, &[&bytes(&packet(1))]).await;
    assert!(send(&line, &packet(2)));
    line.hang_up();
    wire.read_exact(&mut [0; CLOSE.len()]).await.expect("read");
    drop(wire);
    read(&mut client, &[&bytes(&packet(2))]).await;
}

#[tokio::test]
async fn what_a_client_sends_right_behind_its_request_for_a_web_socket_is_read() {
    let running = serve(Config::default()).await;
    let mut client = TcpStream::connect(running.address)
        .await
        .expect("connected");
    let request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
        upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // Engine.IO's message with Socket.IO's wish to be connected, masked with zeros.
    let connect = [0x81, 0x82, 0, 0, 0, 0, b'4', b'0'];
    let both = [request.as_bytes(), &connect].concat();
    client.write_all(&both).await.expect("written");
    let mut heard = Vec::new();
    let connected = async {
        while !String::from_utf8_lossy(&heard).contains("40{\"sid\"") {
            assert_ne!(client.read_buf(&mut heard).await.expect("read"), 0);
        }
    };
    timeout(PATIENCE, connected)
        .await
        .expect("an answer in time");
}

#[tokio::test]
async fn what_was_sent_is_read_also_by_a_client_that_still_speaks() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut client = TcpStream::connect(address).await.expect("connected");
    let (server, _) = listener.accept().await.expect("accepted");
    let line = line();
    let mut wire = Wire::new(Network::other(server), &line).expect("a free line");
    wire.write_all(b"last words").await.expect("written");
    wire.flush().await.expect("written");
    client.write_all(b"not read").await.expect("written");
    line.hang_up();
    drop(wire);
    client.write_all(b"nor this").await.expect("written");
    let mut heard = String::new();
    client
        .read_to_string(&mut heard)
        .await
        .expect("read to the end");
    assert_eq!(heard, "last words");
}

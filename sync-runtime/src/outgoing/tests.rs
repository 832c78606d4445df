//! What is sent to clients that read, read slowly or do not read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::{
    sync::Notify,
    task::yield_now,
    time::{Instant, sleep, timeout},
};

use crate::{
    Config,
    door::SlowReason,
    packet::Amount,
    sockets_for_tests::{Client, PATIENCE, http, poll, room, serve, until, upgrade},
};

fn text(bytes: usize) -> Value {
    json!({ "text": "x".repeat(bytes) })
}

fn packet(event: &str, data: &Value) -> Amount {
    Amount::packet(format!("42{}", json!([event, data])).len())
}

#[tokio::test]
async fn what_waits_for_a_web_socket_is_known_to_the_byte() {
    let running = serve(Config::default()).await;
    let mut client = Client::connect(&running).await;
    let connection = running.join(&client);
    let unsent = || connection.line().traffic().unsent();

    let large = text(3_000_000);
    assert_eq!(running.emit(&large).sent, 1);
    assert!(running.server.emit(&connection, "own", &text(200)));
    assert!(unsent().packets > 0, "the client does not read yet");
    for name in ["event", "own"] {
        assert_eq!(client.event().await.expect("an event").0, name);
    }
    until("all was written", || unsent() == Amount::default()).await;

    // What is answered and acknowledged: the packet is no request.
    client.say(r#"427["sync",{"responseIndex":1}]"#).await;
    assert_eq!(client.event().await.expect("an answer").0, "sync-1");
    let acknowledged = client.packet().await.expect("an acknowledgement");
    assert!(acknowledged.starts_with("437["), "{acknowledged}");
    client
        .say(r#"42["getJoinedRooms",{"responseIndex":2}]"#)
        .await;
    client.event().await.expect("an answer");
    until("all was written", || unsent() == Amount::default()).await;
}

#[tokio::test]
async fn what_waits_for_a_client_that_polls_and_then_has_a_web_socket_is_known_to_the_byte() {
    let running = serve(Config::default()).await;
    let id = poll(&running).await;
    let query = format!("&sid={id}");
    let connection = running.connection(id);
    let unsent = || connection.line().traffic().unsent();
    let send = |bytes| assert!(running.server.emit(&connection, "own", &text(bytes)));

    send(100);
    send(2_000_000);
    let both = packet("own", &text(100)).bytes + packet("own", &text(2_000_000)).bytes;
    assert_eq!((unsent().packets, unsent().bytes), (2, both));
    // The second is too large for a poll that has something already.
    while unsent()
        == (Amount {
            packets: 2,
            bytes: both,
        })
    {
        http(&running, &query, None).await;
    }
    assert_eq!(unsent(), packet("own", &text(2_000_000)));
    http(&running, &query, None).await;
    assert_eq!(unsent(), Amount::default());

    send(300);
    let mut client = upgrade(&running, id).await;
    send(400);
    for bytes in [300, 400] {
        assert_eq!(client.event().await.expect("an event").1, text(bytes));
    }
    until("all was written", || unsent() == Amount::default()).await;
}

#[tokio::test]
async fn what_a_request_is_cancelled_by_begins_no_round_that_its_delivery_would_wait_for() {
    const INTERVAL: Duration = Duration::from_millis(100);
    let running = serve(Config {
        flush_interval: INTERVAL,
        ..Config::default()
    })
    .await;
    let mut client = Client::connect(&running).await;
    running.join(&client);
    let mut fastest = Duration::MAX;
    for number in 0..5 {
        // All rounds before are over.
        sleep(INTERVAL * 2).await;
        let request = json!({
            "name": "sync/desk/nothing/v1", "data": {}, "cb": "nothing", "receiver": "room", "responseIndex": number,
        });
        client.say(&format!("42{}", json!(["sync", request]))).await;
        let progress = client.event().await.expect("an open connection").0;
        assert_eq!(progress, format!("sync-progress-{number}"));
        let answer = client.event().await.expect("an open connection").0;
        assert_eq!(answer, format!("sync-{number}"));
        let began = Instant::now();
        running.emit(&json!(number));
        let delivery = client.event().await.expect("an open connection");
        assert_eq!(delivery.1, json!(number));
        fastest = fastest.min(began.elapsed());
    }
    assert!(fastest < INTERVAL / 2, "{fastest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_over_to_a_web_socket_under_load_hears_everything_once_and_in_order() {
    const EVENTS: usize = 10_000;
    let running = Arc::new(serve(Config::default()).await);
    let id = poll(&running).await;
    let connection = running.connection(id);
    running.server.rooms.join(&connection, &room());
    let emitting = {
        let (running, connection) = (running.clone(), connection.clone());
        tokio::spawn(async move {
            for number in 0..EVENTS {
                // Never is there nothing on its way, nor too much.
                while connection.line().traffic().unsent().packets > 500 {
                    yield_now().await;
                }
                running.emit(&json!(number));
            }
        })
    };
    let mut heard = Vec::new();
    while heard.len() < EVENTS / 10 {
        let body = http(&running, &format!("&sid={id}"), None).await;
        let events = body
            .split('\u{1e}')
            .filter_map(|packet| packet.strip_prefix("42"));
        heard.extend(events.map(|event| {
            let (_, number): (String, usize) = serde_json::from_str(event).expect("an event");
            number
        }));
    }
    let mut client = upgrade(&running, id).await;
    let polled = heard.len();
    assert!(polled < EVENTS, "it has gone over in the middle");
    while heard.len() < EVENTS {
        let (_, number) = client.event().await.expect("an open connection");
        heard.push(
            number
                .as_u64()
                .and_then(|number| number.try_into().ok())
                .expect("a number"),
        );
    }
    assert!(heard.into_iter().eq(0..EVENTS));
    emitting.await.expect("no panic");
    let unsent = || connection.line().traffic().unsent();
    until("all was written", || unsent() == Amount::default()).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_member_that_stops_to_read_is_told_and_closed_while_the_others_hear_everything() {
    const EVENTS: usize = 400;
    const MAX_UNSENT: usize = 4 * 1024 * 1024;
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let running = serve(Config {
        max_unsent_bytes: MAX_UNSENT,
        ..Config::default()
    })
    .await;
    let mut stopped = Client::connect(&running).await;
    let slow = running.join(&stopped);
    let heard = Arc::new(AtomicUsize::new(0));
    let mut readers = Vec::new();
    for _ in 0..3 {
        let mut reader = Client::connect(&running).await;
        running.join(&reader);
        let heard = heard.clone();
        readers.push(tokio::spawn(async move {
            for number in 0..EVENTS {
                let (_, data) = reader.event().await.expect("an open connection");
                assert_eq!(data["number"], number);
                heard.fetch_add(1, Ordering::SeqCst);
            }
            reader
        }));
    }
    // It reads on when it is too late.
    let stopped = {
        let slow = slow.clone();
        tokio::spawn(async move {
            until("closed", || slow.is_closed()).await;
            stopped.all().await
        })
    };

    let data = "x".repeat(50_000);
    for number in 0..EVENTS {
        running.emit(&json!({ "number": number, "data": data }));
        assert!(slow.line().traffic().unsent().bytes <= MAX_UNSENT);
        until("the readers read", || {
            heard.load(Ordering::SeqCst) >= 3 * number
        })
        .await;
    }
    let all = stopped.await.expect("no panic");
    let lagged = ("sync-lagged".into(), json!({ "reason": "slowConsumer" }));
    assert!(all.last() == Some(&lagged), "after {} events", all.len());
    for reader in join_all(readers).await {
        reader.expect("a reader that heard everything");
    }
    assert!(all.len() < EVENTS);
    let told = running.slow.lock();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].visitor.connection_id(), Some(slow.id().to_string()));
    assert!(told[0].unsent_bytes > 0);
    assert_eq!(told[0].reason, SlowReason::Bytes);
    let counted = r#"sync_slow_consumers_total{reason="bytes"} 1"#;
    let page = metrics.render();
    assert!(page.lines().any(|line| line == counted), "{page}");
}

#[tokio::test]
async fn a_client_that_never_reads_again_is_cut_within_seconds() {
    let running = serve(Config {
        stall_timeout: Duration::from_millis(200),
        ..Config::default()
    })
    .await;
    let client = Client::connect(&running).await;
    let connection = running.join(&client);
    // Until its network takes no more.
    let unsent = || connection.line().traffic().unsent();
    while unsent().bytes < 1_000_000 && !connection.is_closed() {
        running.emit(&text(100_000));
        sleep(Duration::from_millis(1)).await;
    }
    let gone = || running.server.io.get_socket(client.id).is_none();
    let begun = Instant::now();
    until("gone", gone).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(running.slow.lock()[0].reason, SlowReason::Stalled);
    drop(client);
}

#[tokio::test]
async fn a_client_that_polls_no_more_is_closed_when_that_takes_too_long() {
    let running = serve(Config {
        stall_timeout: Duration::from_millis(200),
        ..Config::default()
    })
    .await;
    let id = poll(&running).await;
    assert!(
        running
            .server
            .emit(&running.connection(id), "own", &text(1))
    );
    until("gone", || running.server.io.get_socket(id).is_none()).await;
    assert_eq!(running.slow.lock()[0].reason, SlowReason::Stalled);
}

#[tokio::test]
async fn a_packet_that_is_lost_when_polls_give_way_to_a_web_socket_ends_the_connection() {
    let running = serve(Config {
        stall_timeout: Duration::from_millis(500),
        ..Config::default()
    })
    .await;
    let id = poll(&running).await;
    let query = format!("&sid={id}");
    let connection = running.connection(id);
    let send = |bytes| running.server.emit(&connection, "own", &text(bytes));
    // The second is too large for the same poll, and would have been the next one's.
    send(100);
    send(2_000_000);
    while connection.line().traffic().unsent().packets == 2 {
        http(&running, &query, None).await;
    }
    let mut client = upgrade(&running, id).await;
    let attempts = AtomicUsize::new(0);
    until("its end", || {
        attempts.fetch_add(usize::from(send(7)), Ordering::SeqCst);
        connection.is_closed()
    })
    .await;
    // Nothing that came after what was lost, once the server knew that there would be no next poll.
    let all = client.all().await;
    let lagged = ("sync-lagged".into(), json!({ "reason": "slowConsumer" }));
    assert_eq!(all.last(), Some(&lagged));
    assert!(
        all.len() <= 2 && attempts.into_inner() > 2,
        "{} events",
        all.len()
    );
    assert_eq!(running.slow.lock()[0].reason, SlowReason::Lost);
}

#[tokio::test]
async fn a_client_that_has_refusals_written_and_does_not_read_them_is_closed_and_harms_nobody_else()
{
    let running = serve(Config {
        stall_timeout: Duration::from_secs(2),
        ..Config::default()
    })
    .await;
    let mut reader = Client::connect(&running).await;
    running.join(&reader);
    let mut flooded = Client::connect(&running).await;
    let connection = running.join(&flooded);
    let traffic = connection.line().traffic();
    // Until its network takes no more.
    while traffic.unsent().bytes < 500_000 {
        running.emit(&text(100_000));
        reader.event().await.expect("an open connection");
    }
    for _ in 0..2 * running.server.config.send_buffer_packets {
        flooded.say("40/nowhere,").await;
    }
    let reading = tokio::spawn(async move { while reader.event().await.is_some() {} });
    until("closed", || {
        running.emit(&text(1));
        connection.is_closed()
    })
    .await;
    assert_eq!(running.slow.lock()[0].reason, SlowReason::Stalled);
    assert_eq!(running.slow.lock().len(), 1);
    assert!(!reading.is_finished());
}

/// A member that reads at once, or one that does not read before it is told to.
async fn read(mut member: Client, begin: Option<Arc<Notify>>, events: usize) -> bool {
    if let Some(begin) = begin {
        begin.notified().await;
    }
    let mut next = 0;
    while next < events {
        match member.event().await {
            Some((event, data)) if event == "event" => {
                assert_eq!(data["number"], next, "a gap in an open connection");
                next += 1;
            }
            Some((event, _)) => assert_eq!(event, "sync-lagged"),
            None => return false,
        }
    }
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_burst_every_member_has_all_events_or_is_closed() {
    const EVENTS: usize = 20_000;
    const MEMBERS: usize = 6;
    let config = Config {
        send_buffer_packets: 4096,
        ..Config::default()
    };
    let running = Arc::new(serve(config).await);
    let sent = Arc::new(Notify::new());
    let mut readers = Vec::new();
    for number in 0..MEMBERS {
        let member = Client::connect(&running).await;
        running.join(&member);
        let begin = (number == 0).then(|| sent.clone());
        readers.push(tokio::spawn(read(member, begin, EVENTS)));
    }
    let data = "x".repeat(500);
    for number in 0..EVENTS {
        running.emit(&json!({ "number": number, "data": data }));
        // There is a breath now and then for who is quick.
        if number % 1000 == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    }
    sent.notify_one();
    let mut complete = 0;
    for reader in readers {
        let has_all = timeout(2 * PATIENCE, reader).await;
        let has_all = has_all.expect("everything or the end in time");
        let has_all = has_all.expect("a reader that saw no gap");
        complete += usize::from(has_all);
    }
    let evicted = running.slow.lock().len();
    assert!(evicted > 0, "one did not read at all");
    assert_eq!(complete + evicted, MEMBERS, "{complete} have all");
}

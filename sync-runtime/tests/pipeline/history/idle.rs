//! Connections that come back and resume nothing, and what takes its time.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use sync_runtime::{Config, Hooks};
use tokio::time::{Instant, advance};

use super::*;

#[tokio::test(start_paused = true)]
async fn who_says_nothing_hears_what_was_said_since_it_came_after_the_grace() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let cookie = server.log_in("grace").await;
    let mut former = Client::connect(&server.router, &cookie).await;
    former.room("joinRoom", ROOM).await;
    former.close().await;
    say(&mut ada, SAY, "before").await;

    let begun = Instant::now();
    let mut grace = Client::connect(&server.router, &cookie).await;
    say(&mut ada, SAY, "since").await;
    assert_eq!(heard(&grace.hear("sync").await), "since");
    assert!(begun.elapsed() >= Config::default().history_grace);
    say(&mut ada, SAY, "live").await;
    assert_eq!(heard(&grace.hear("sync").await), "live");
}

#[tokio::test(start_paused = true)]
async fn an_open_connection_with_a_gap_is_told_and_closed() {
    let server = server();
    let (mut ada, _) = member(&server, "ada").await;
    let cookie = server.log_in("grace").await;
    let mut former = Client::connect(&server.router, &cookie).await;
    former.room("joinRoom", ROOM).await;
    former.close().await;

    let mut grace = Client::connect(&server.router, &cookie).await;
    for said in ["a", "b", "c", "d"] {
        say(&mut ada, "log/few/v1", said).await;
    }
    assert_eq!(
        grace.hear("sync-lagged").await,
        json!({ "reason": "slowConsumer" })
    );
    assert!(grace.deliveries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_its_route_says_is_no_longer_kept() {
    let server = server();
    let (mut ada, joined) = member(&server, "ada").await;
    let cookie = server.log_in("grace").await;
    Client::connect(&server.router, &cookie)
        .await
        .room("joinRoom", ROOM)
        .await;
    let first = say(&mut ada, "log/brief/v1", "a").await;
    advance(Duration::from_millis(1500)).await;
    say(&mut ada, "log/brief/v1", "b").await;
    advance(Duration::from_secs(1)).await;
    for (offset, expected) in [
        (&joined, json!({ "recovered": false, "reason": "trimmed" })),
        (&first, json!({ "recovered": true, "count": 1 })),
    ] {
        let mut grace = Client::connect(&server.router, &cookie).await;
        let mut answer = grace.resume(&json!({ ROOM: offset })).await["rooms"][ROOM].take();
        if let Some(told) = answer.as_object_mut() {
            told.remove("offset");
        }
        assert_eq!(answer, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_catches_up_slowly_holds_up_nobody_and_loses_nothing() {
    let server = server_with(patient(), Hooks::new());
    let (mut ada, _) = member(&server, "ada").await;
    let cookie = server.log_in("slow").await;
    let mut former = Client::connect(&server.router, &cookie).await;
    let joined = former.room("joinRoom", ROOM).await;
    former.close().await;
    for number in 0..100 {
        let data = json!({ "text": number.to_string(), "pauses": 0, "wait": 10 });
        ada.request(SHAPED, ROOM, data).await;
        ada.hear("sync").await;
    }
    let mut slow = Client::connect(&server.router, &cookie).await;
    let index = slow
        .ask_to_resume(&json!({ ROOM: joined["offsets"][ROOM] }))
        .await;
    let begun = Instant::now();
    for number in 100..110 {
        say(&mut ada, SAY, &number.to_string()).await;
    }
    assert!(
        begun.elapsed() < Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
    for expected in 0..110 {
        assert_eq!(heard(&slow.hear("sync").await), expected.to_string());
    }
    let answer = slow.hear(&format!("resume-{index}")).await;
    assert_eq!(
        answer["rooms"][ROOM],
        json!({ "recovered": true, "count": 110 })
    );
    assert!(slow.deliveries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_function_that_hangs_for_one_holds_up_its_room_for_its_time_and_no_longer() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let limit = Duration::from_secs(3);
    let config = Config {
        recipient_timeout: limit,
        ..Config::default()
    };
    let server = server_with(config, Hooks::new());
    let (mut ada, _) = member(&server, "ada").await;
    let (mut slow, _) = member(&server, "slow").await;
    for route in [SHAPED, "log/shapedLive/v1"] {
        let begun = Instant::now();
        let data = json!({ "text": "hangs", "pauses": 0, "wait": 3_600_000 });
        ada.request(route, ROOM, data).await;
        assert_eq!(heard(&ada.hear("sync").await), "hangs");
        // It has waited for the one before it where there is an order.
        say(&mut ada, SAY, "next").await;
        let failed = loop {
            let delivery = slow.hear("sync").await;
            if delivery["fullName"] == format!("sync/{route}") {
                break delivery;
            }
        };
        assert_eq!(failed["errorCode"], "sync.clientExecutionFailed");
        assert_eq!(failed["room"].is_string(), route == SHAPED);
        let took = begun.elapsed();
        assert!(took >= limit && took < 2 * limit, "{took:?}");
        let counted = format!(r#"sync_client_timeouts_total{{route="sync/{route}"}} 1"#);
        let page = metrics.render();
        assert!(page.lines().any(|line| line == counted), "{page}");
    }
}

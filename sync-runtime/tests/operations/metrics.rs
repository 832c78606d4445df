use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use sync_runtime::{Config, Sessions};

use crate::{client::Client, start};

/// All requests of this test are made in one thread, whose recorder they count in.
#[tokio::test(flavor = "current_thread")]
async fn requests_and_deliveries_are_counted_by_route_and_unknown_names_all_alike() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);

    let server = start(Sessions::in_memory(), Config::default()).await;
    let client = Client::connect(&server.url).await;
    client.request("test/echo/v1", json!({ "text": "a" })).await;
    assert_eq!(client.answer().await["status"], "success");
    client.request("test/echo/v1", json!({ "text": 7 })).await;
    assert_eq!(client.answer().await["errorCode"], "sync.invalidInputType");
    for name in ["made/up/v1", "up/made/v2"] {
        client.request(name, json!({})).await;
        assert_eq!(client.answer().await["errorCode"], "sync.notFound");
    }

    let page = metrics.render();
    for line in [
        "sync_connections 1",
        r#"sync_requests_total{route="sync/test/echo/v1",outcome="success"} 1"#,
        r#"sync_requests_total{route="sync/test/echo/v1",outcome="sync.invalidInputType"} 1"#,
        r#"sync_requests_total{route="unknown",outcome="sync.notFound"} 2"#,
        r#"sync_handler_seconds_count{route="sync/test/echo/v1"} 1"#,
        r#"sync_queue_seconds_count{route="sync/test/echo/v1"} 2"#,
        r#"sync_fanout_seconds_count{route="sync/test/echo/v1"} 1"#,
        r#"sync_deliveries_sent_total{route="sync/test/echo/v1"} 1"#,
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    assert!(!page.contains("made"), "{page}");
    assert!(!page.contains(&client.id), "{page}");
}

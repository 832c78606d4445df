use sync_runtime::{Config, Sessions};

use crate::start;

async fn get(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.expect("an answer");
    (
        answer.status().as_u16(),
        answer.text().await.expect("a body"),
    )
}

#[tokio::test]
async fn a_server_that_shuts_down_lives_and_welcomes_nobody() {
    let server = start(Sessions::in_memory(), Config::default()).await;
    let (health, ready) = (
        format!("{}/healthz", server.url),
        format!("{}/readyz", server.url),
    );
    assert_eq!(get(&health).await, (200, "alive".into()));
    assert_eq!(get(&ready).await, (200, "ready".into()));
    server.sync.shutdown().await;
    assert_eq!(get(&health).await.0, 200);
    assert_eq!(get(&ready).await, (503, "shutting down".into()));
}

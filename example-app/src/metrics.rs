//! What an operator reads: the runtime's metrics, for Prometheus.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

/// The upper ends of the histograms' buckets, in seconds: from what a move on the board takes to what a
/// person gives up on.
const BUCKETS: [f64; 10] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0, 10.0,
];

/// How often what was measured is put into its buckets, so that it does not pile up unread.
const UPKEEP: Duration = Duration::from_secs(15);

/// Begins to keep metrics. To be called once, before the server is made.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets(&BUCKETS)?
        .install_recorder()
}

/// Serves `/metrics` for as long as it is polled. It has a listener of its own because a proxy that lets
/// the world in to the app must not let it in here: the page names every route.
pub async fn serve(metrics: PrometheusHandle, listener: TcpListener) -> std::io::Result<()> {
    let page = {
        let metrics = metrics.clone();
        Router::new().route("/metrics", get(move || async move { metrics.render() }))
    };
    let upkeep = async {
        loop {
            tokio::time::sleep(UPKEEP).await;
            metrics.run_upkeep();
        }
    };
    tokio::select! {
        served = axum::serve(listener, page) => served,
        () = upkeep => Ok(()),
    }
}

//! Whether the process lives, and whether it welcomes new clients.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};

use crate::{cluster::Seen, server::Server, session::Token};

/// By which whoever asks several nodes can tell whether they are one cluster.
const CLUSTER: HeaderName = HeaderName::from_static("sync-cluster");
/// How many nodes the one that answers sees, itself among them.
const NODES: HeaderName = HeaderName::from_static("sync-cluster-nodes");

/// How long the session store may take to answer before the server counts as not ready. Those who
/// ask give up in a few seconds themselves.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// `/healthz` and `/readyz`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(server: Arc<Server>) -> Router<S> {
    Router::new()
        .route("/healthz", get(async || answer(Ok("alive"))))
        .route("/readyz", get(ready))
        .with_state(server)
}

async fn ready(State(server): State<Arc<Server>>) -> impl IntoResponse {
    let state = if server.shutdown.has_begun() {
        Err("shutting down")
    } else if !store_answers(&server).await {
        Err("the session store does not answer")
    } else if !server.cluster.answers() {
        Err("the cluster does not answer")
    } else {
        Ok("ready")
    };
    (cluster(server.cluster.seen()), answer(state))
}

fn cluster(seen: Option<Seen>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(Seen { cluster, nodes }) = seen else {
        return headers;
    };
    if let Ok(id) = HeaderValue::try_from(cluster) {
        headers.insert(CLUSTER, id);
    }
    headers.insert(NODES, HeaderValue::from(nodes));
    headers
}

fn answer(state: Result<&'static str, &'static str>) -> impl IntoResponse {
    let (status, text) = match state {
        Ok(text) => (StatusCode::OK, text),
        Err(text) => (StatusCode::SERVICE_UNAVAILABLE, text),
    };
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, text)
}

/// Looks for a session that cannot exist: a store that answers has nothing to say of it.
async fn store_answers(server: &Server) -> bool {
    let Ok(token) = Token::random() else {
        return false;
    };
    let key = token.key();
    let found = server.sessions.find(&key);
    match tokio::time::timeout(STORE_TIMEOUT, found).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the session store fails");
            false
        }
        Err(_) => {
            tracing::warn!("not ready: the session store does not answer");
            false
        }
    }
}

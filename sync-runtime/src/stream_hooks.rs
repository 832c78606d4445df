//! The hooks of streams: they hear of payloads in a task of their own, beside the sending.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::{
    hooks::{PostSyncStream, PreSyncStream, RequestInfo},
    server::Server,
    stream::{Note, Passed},
};

/// Where payloads are noted for the hooks of streams, if there are any.
pub(crate) fn notes(
    server: &Arc<Server>,
    request: impl FnOnce() -> RequestInfo,
) -> Option<mpsc::Sender<Note>> {
    let hooks = &server.hooks;
    if hooks.pre_stream.is_empty() && hooks.post_stream.is_empty() {
        return None;
    }
    let (notes, heard) = mpsc::channel(server.config.max_waiting_stream_hooks);
    tokio::spawn(tell(server.clone(), request(), heard));
    Some(notes)
}

async fn tell(server: Arc<Server>, request: RequestInfo, mut heard: mpsc::Receiver<Note>) {
    let limit = server.config.hook_timeout;
    while let Some(note) = heard.recv().await {
        let request = request.clone();
        let Note {
            audience,
            index,
            payload,
            passed,
        } = note;
        match passed {
            Passed::Before => {
                let event = || PreSyncStream {
                    request,
                    audience,
                    index,
                    payload,
                };
                server.hooks.pre_stream.tell(limit, event).await;
            }
            Passed::After { recipients } => {
                let event = || PostSyncStream {
                    request,
                    audience,
                    index,
                    recipients,
                    payload,
                };
                server.hooks.post_stream.tell(limit, event).await;
            }
        }
    }
}

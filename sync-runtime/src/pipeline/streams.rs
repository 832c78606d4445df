//! The streams of a request, from when its handler's parameters are read until it is over.

use std::sync::Arc;

use crate::{
    audience::RequestAudience,
    replay::Running,
    routed::Routed,
    server::Server,
    stream::{Addressed, Gate, Outlet, Streams},
    stream_hooks,
};

/// A request's streams are open as long as this is there, however its handler ends.
pub(super) struct Open {
    gate: Arc<Gate>,
    /// What is kept of them for those who join.
    _replay: Option<Arc<Running>>,
}

impl Open {
    /// What was wrong with a payload, if one could not be sent.
    pub(super) fn broken(&self) -> Option<&str> {
        self.gate.broken()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.gate.close();
    }
}

/// Opens the streams of a request whose handler takes some.
pub(super) fn open(
    server: &Arc<Server>,
    routed: &Routed,
    originator: impl FnOnce() -> Arc<dyn Outlet>,
) -> Option<(Streams, Open)> {
    let route = &routed.route.server;
    if !route.streams {
        return None;
    }
    let gate = Arc::new(Gate::new(stream_hooks::notes(server, || routed.info())));
    let replay = route.replay.then(|| {
        let room = &routed.request.room;
        Arc::new(server.replays.begin(room, routed.sender()))
    });
    let streams = Streams {
        gate: gate.clone(),
        originator: originator(),
        audience: Arc::new(RequestAudience::new(server, routed, replay.as_ref())),
        addressed: Arc::new(Addressed::default()),
        pressure: server.config.flush_pressure_bytes,
    };
    let open = Open {
        gate,
        _replay: replay,
    };
    Some((streams, open))
}

//! The layer below, and a way to give it packets for those who have no web socket.
//!
//! socketioxide writes whatever it is to emit as JSON itself. A packet is written before, for its length is
//! counted before it is sent, and would be written twice. The one place below that takes a written packet
//! is the adapter, so the runtime has one of its own: the local one, within reach.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use axum::Router;
use socketioxide::{SocketError, adapter::Emitter, extract, service, socket::Sid};
use socketioxide_core::{
    Value,
    adapter::{BroadcastOptions, CoreAdapter, CoreLocalAdapter, DefinedAdapter, SocketEmitter},
    packet,
};

use crate::packet::{Kind, Packet};

pub(crate) type SocketIo = socketioxide::SocketIo<Local>;
pub(crate) type SocketRef = extract::SocketRef<Local>;
/// The router in it has no pages and never hears of a request.
pub(crate) type SocketIoService = service::SocketIoService<Router, Local>;

/// The namespace of all packets.
const NAMESPACE: &str = "/";

/// The local adapter.
pub(crate) struct Local {
    adapter: CoreLocalAdapter<Emitter>,
    /// Where it is to be found once it is ready.
    reach: Weak<OnceLock<Arc<Local>>>,
}

impl CoreAdapter<Emitter> for Local {
    type Error = Infallible;
    type State = Below;
    type AckStream = <Emitter as SocketEmitter>::AckStream;
    type InitRes = ();

    fn new(below: &Below, adapter: CoreLocalAdapter<Emitter>) -> Self {
        let reach = Arc::downgrade(&below.0);
        Self { adapter, reach }
    }

    fn init(self: Arc<Self>, on_success: impl FnOnce() + Send + 'static) {
        if let Some(reach) = self.reach.upgrade() {
            reach.get_or_init(|| self);
        }
        on_success();
    }

    async fn broadcast_with_ack(
        &self,
        packet: packet::Packet,
        options: BroadcastOptions,
        timeout: Option<Duration>,
    ) -> Result<Self::AckStream, Infallible> {
        Ok(self.adapter.broadcast_with_ack(packet, options, timeout).0)
    }

    fn get_local(&self) -> &CoreLocalAdapter<Emitter> {
        &self.adapter
    }
}

impl DefinedAdapter for Local {}

/// What packets are given to.
#[derive(Clone, Default)]
pub(crate) struct Below(Arc<OnceLock<Arc<Local>>>);

/// The layer below has no room for a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Below {
    /// Sends a packet to a connection, whether or not the layer below counts it as connected yet. One that
    /// has gone hears nothing.
    pub(crate) fn send(&self, to: Sid, packet: &Packet) -> Result<(), Full> {
        // Before the namespace is served there is nobody.
        let Some(local) = self.0.get() else {
            return Ok(());
        };
        let text = Value::Str(packet.json().into(), None);
        let packet = match packet.kind() {
            Kind::Event => packet::Packet::event(NAMESPACE, text),
            Kind::Ack(id) => packet::Packet::ack(NAMESPACE, text, id),
        };
        let sent = local.adapter.broadcast(packet, BroadcastOptions::new(to));
        let is_full = |error: &_| matches!(error, SocketError::InternalChannelFull);
        match sent {
            Err(errors) if errors.iter().any(is_full) => Err(Full),
            _ => Ok(()),
        }
    }
}

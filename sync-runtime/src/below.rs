//! The layer below, and a way to give it packets that are written already.
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
use serde::Serialize;
use socketioxide::{SocketError, adapter::Emitter, extract, service, socket::Sid};
use socketioxide_core::{
    Value,
    adapter::{BroadcastOptions, CoreAdapter, CoreLocalAdapter, DefinedAdapter, SocketEmitter},
    packet,
};

pub(crate) type SocketIo = socketioxide::SocketIo<Local>;
pub(crate) type SocketRef = extract::SocketRef<Local>;
/// The router in it has no pages and never hears of a request.
pub(crate) type SocketIoService = service::SocketIoService<Router, Local>;

/// The namespace of all packets.
const NAMESPACE: &str = "/";

/// A packet as it goes out: an event or an acknowledgement, written once.
#[derive(Clone)]
pub(crate) struct Packet {
    below: packet::Packet,
    /// How long its Engine.IO text is.
    pub(crate) bytes: usize,
}

impl Packet {
    /// `42["<event>",<data>]`
    pub(crate) fn event(event: &str, data: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_string(&(event, data)).map(Self::of_event)
    }

    /// The same with data that is JSON in pieces, and a name that holds nothing that JSON would escape.
    pub(crate) fn event_of_pieces<const N: usize>(event: &str, data: [&str; N]) -> Self {
        let length = data.iter().map(|piece| piece.len()).sum::<usize>();
        let mut text = String::with_capacity(event.len() + length + r#"["",]"#.len());
        text.push_str("[\"");
        text.push_str(event);
        text.push_str("\",");
        for piece in data {
            text.push_str(piece);
        }
        text.push(']');
        Self::of_event(text)
    }

    fn of_event(text: String) -> Self {
        let bytes = "42".len() + text.len();
        let below = packet::Packet::event(NAMESPACE, Value::Str(text.into(), None));
        Self { below, bytes }
    }

    /// `43<id>[<data>]`
    pub(crate) fn ack(id: i64, data: &impl Serialize) -> Result<Self, serde_json::Error> {
        let text = serde_json::to_string(&[data])?;
        let bytes = "43".len() + id.to_string().len() + text.len();
        let below = packet::Packet::ack(NAMESPACE, Value::Str(text.into(), None), id);
        Ok(Self { below, bytes })
    }
}

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

impl Below {
    /// Sends a packet to a connection, whether or not the layer below counts it as connected yet. One that
    /// has gone hears nothing.
    pub(crate) fn send(&self, to: Sid, packet: Packet) -> Result<(), Vec<SocketError>> {
        self.emit(packet, BroadcastOptions::new(to))
    }

    /// Sends a packet to all in a room who are not in one of the rooms `except`.
    pub(crate) fn send_to_room(
        &self,
        room: String,
        except: Vec<String>,
        packet: Packet,
    ) -> Result<(), Vec<SocketError>> {
        let mut options = BroadcastOptions::default();
        options.rooms.push(room.into());
        options.except.extend(except.into_iter().map(Into::into));
        self.emit(packet, options)
    }

    fn emit(&self, packet: Packet, options: BroadcastOptions) -> Result<(), Vec<SocketError>> {
        match self.0.get() {
            Some(local) => local.adapter.broadcast(packet.below, options),
            // Before the namespace is served there is nobody.
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_packet_is_as_long_as_it_says() {
        let event = Packet::event("sync", &json!({ "a": 1 })).expect("written");
        assert_eq!(event.bytes, r#"42["sync",{"a":1}]"#.len());
        let pieces = Packet::event_of_pieces("sync", ["{\"a\":", "1", "}"]);
        assert_eq!(pieces.below, event.below);
        let ack = Packet::ack(17, &json!({})).expect("written");
        assert_eq!(ack.bytes, "4317[{}]".len());
    }
}

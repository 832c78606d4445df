//! The Socket.IO transport: connections and their events.

use std::sync::Arc;

use socketioxide::{
    SocketIo,
    extract::{AckSender, SocketRef},
    handler::ConnectHandler,
    layer::SocketIoLayer,
};

use super::{
    event::Payload,
    origin,
    room_events::{self, Change},
    sync_event,
};
use crate::{
    Config,
    connection::Connection,
    hooks::{OnSocketConnect, OnSocketDisconnect, Visitor},
    limits::Address,
    rooms,
    server::Server,
};

/// The layer that speaks Socket.IO at `/socket.io/`.
pub(crate) fn layer(config: &Config) -> (SocketIoLayer, SocketIo) {
    SocketIo::builder()
        .max_payload(config.max_payload_bytes as u64)
        .ws_max_message_size(config.max_payload_bytes)
        .ws_max_frame_size(config.max_payload_bytes)
        .max_buffer_size(config.send_buffer_packets)
        .ping_interval(config.ping_interval)
        .ping_timeout(config.ping_timeout)
        .connect_timeout(config.connect_timeout)
        .build_layer()
}

/// Serves the namespace `/`.
///
/// All is registered in the middleware: the layer below tells the client that it is connected before
/// it calls the connect handler, and a client's first event can come before that has registered
/// anything (seen: 1 to 7 of 2,000 were lost).
pub(crate) fn serve(server: &Arc<Server>) {
    let middleware = {
        let server = server.clone();
        move |socket: SocketRef| connect(server.clone(), socket)
    };
    server.io.ns("/", (async || {}).with(middleware));
}

/// Why a client was not let in.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("a page of this origin may not connect")]
    Origin,
    #[error("the server cannot take connections now")]
    Unavailable,
}

/// Keeps a connection's memberships for as long as its socket lives. The socket's handlers own it,
/// so that they end also for a socket that goes before it is connected, of which nobody is told.
struct Attachment {
    server: Arc<Server>,
    connection: Arc<Connection>,
}

impl Attachment {
    fn close(&self) {
        self.connection.close();
        self.server.rooms.forget(&self.connection);
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.close();
    }
}

async fn connect(server: Arc<Server>, socket: SocketRef) -> Result<(), Refused> {
    let headers = &socket.req_parts().headers;
    if !origin::is_allowed(&server.config, headers) {
        return Err(Refused::Origin);
    }
    let token = server.sessions.cookie().token(headers);
    let session = match token {
        None => None,
        Some(token) => server.sessions.find(&token.key()).await.map_err(|error| {
            tracing::error!(%error, "a connection was refused: the session store does not answer");
            Refused::Unavailable
        })?,
    };

    let address = Address::of(socket.req_parts(), &server.proxies);
    let visitor = Visitor::new(Some(socket.id), session.clone());
    let connection = Arc::new(Connection::new(socket.id, visitor, address));
    server
        .rooms
        .join(&connection, &socket, connection.own_room());
    if let Some(session) = &session {
        socket.join(rooms::session_emit_name(session.key()));
        for room in session.rooms() {
            server.rooms.join(&connection, &socket, room);
        }
    }

    let event = || OnSocketConnect {
        visitor: connection.visitor().clone(),
    };
    let hooks = &server.hooks.socket_connect;
    hooks.tell(server.config.hook_timeout, event).await;

    let attachment = Arc::new(Attachment { server, connection });
    handle_events(&socket, &attachment);
    Ok(())
}

/// Every handler does its ordering before it returns its future: the layer below calls handlers in
/// the order of the events and then runs their futures in any.
fn handle_events(socket: &SocketRef, attachment: &Arc<Attachment>) {
    let at = attachment.clone();
    socket.on(
        "sync",
        move |socket: SocketRef, payload: Payload, ack: AckSender| {
            sync_event::receive(&at.server, &at.connection, socket, &payload, ack);
            std::future::ready(())
        },
    );
    let at = attachment.clone();
    socket.on("syncCancel", move |payload: Payload| {
        sync_event::cancel(&at.connection, &payload);
        std::future::ready(())
    });
    for change in [Change::Join, Change::Leave] {
        let at = attachment.clone();
        socket.on(
            change.event(),
            move |socket: SocketRef, payload: Payload| {
                room_events::change(change, &at.server, &at.connection, socket, &payload);
                std::future::ready(())
            },
        );
    }
    let at = attachment.clone();
    socket.on(
        "getJoinedRooms",
        move |socket: SocketRef, payload: Payload| {
            room_events::list(&at.connection, &socket, &payload);
            std::future::ready(())
        },
    );
    let at = attachment.clone();
    socket.on_disconnect(move || async move {
        at.close();
        let event = || OnSocketDisconnect {
            visitor: at.connection.visitor().clone(),
        };
        let hooks = &at.server.hooks.socket_disconnect;
        hooks.tell(at.server.config.hook_timeout, event).await;
    });
}

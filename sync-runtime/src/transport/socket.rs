//! The Socket.IO transport: connections and their events.

use std::sync::Arc;

use axum::Router;
use futures_util::future::join_all;
use serde::Deserialize;
use socketioxide::{
    extract::{Event, TryData},
    handler::ConnectHandler,
};

use super::{
    caller::Caller,
    event::{Ack, Payload},
    presence_events::{self, Wish},
    resume_event,
    room_events::{self, Change},
    session_end, sync_event,
};
use crate::{
    Config, Locale,
    below::{Below, Local, SocketIo, SocketRef},
    cluster::Topic,
    connection::Connection,
    door::{self, Door},
    feed,
    hooks::{OnSocketConnect, OnSocketDisconnect, Visitor},
    membership,
    observe::OpenConnection,
    outgoing::{self, HEADROOM},
    panic,
    server::Server,
    session::{AnySession, SessionKey, SessionStoreError},
};

/// How much is read of a web socket at once, in bytes. Each connection has a buffer of this size for
/// as long as it lives; requests are short, and a longer one makes it grow.
const READ_BUFFER: usize = 512;

/// What speaks Socket.IO at `/socket.io/`.
pub(crate) fn door(config: &Config) -> (Door, SocketIo, Below) {
    let reach = Below::default();
    let (below, io) = socketioxide::SocketIo::builder()
        .with_adapter::<Local>(reach.clone())
        .max_payload(config.max_payload_bytes as u64)
        .ws_read_buffer_size(READ_BUFFER)
        .ws_max_message_size(config.max_payload_bytes)
        .ws_max_frame_size(config.max_payload_bytes)
        .max_buffer_size(config.send_buffer_packets + HEADROOM)
        .ping_interval(config.ping_interval)
        .ping_timeout(config.ping_timeout)
        .connect_timeout(config.connect_timeout)
        .build_with_inner_svc(Router::new());
    (Door::new(below, config.flush_interval), io, reach)
}

/// Serves the namespace `/`.
///
/// All is registered in the middleware: the layer below tells the client that it is connected before
/// it calls the connect handler, and a client's first event can come before that has registered
/// anything (seen: 1 to 7 of 2,000 were lost).
pub(crate) fn serve(server: &Arc<Server>) {
    let middleware = {
        let server = server.clone();
        move |socket: SocketRef, greeting: TryData<Greeting>| {
            // One that is not answered would wait for as long as its patience lasts.
            panic::contained(connect(server.clone(), socket, greeting), |said| {
                tracing::error!(
                    error = said,
                    "a connection was refused: code of the app failed"
                );
                Refused::Unavailable
            })
        }
    };
    let connected = {
        let server = server.clone();
        move |socket: SocketRef| {
            if let Some(connection) = socket.extensions.get::<Arc<Connection>>() {
                connection.note_connected();
                membership::catch_up(&server, &connection);
            }
            session_end::close_ended(&server, socket);
            std::future::ready(())
        }
    };
    server.io.ns("/", connected.with(middleware));
}

/// Why a client was not let in.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("a page of this origin may not connect")]
    Origin,
    #[error("the server cannot take connections now")]
    Unavailable,
    #[error("a transport takes one connection: open another one")]
    Again,
}

/// What a client says when it connects, where it is that.
#[derive(Deserialize)]
struct Greeting {
    token: Option<String>,
}

/// Keeps a connection's memberships for as long as its socket lives. The socket's handlers own it,
/// so that they end also for a socket that goes before it is connected, of which nobody is told.
struct Attachment {
    server: Arc<Server>,
    connection: Arc<Connection>,
    _open: OpenConnection,
}

impl Attachment {
    fn close(&self) {
        self.connection.close();
        self.server.forget(&self.connection);
        self.server.by_user.remove(&self.connection);
        if let Some(session) = self.connection.session() {
            let id = self.connection.id();
            self.server.by_session.remove(session, id);
        }
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.close();
    }
}

async fn connect(
    server: Arc<Server>,
    socket: SocketRef,
    TryData(greeting): TryData<Greeting>,
) -> Result<(), Refused> {
    outgoing::watch(&server);
    let line = door::line_of(&socket).ok_or(Refused::Unavailable)?;
    if !line.begins() {
        return Err(Refused::Again);
    }
    let caller = socket.req_parts().extensions.get::<Caller>();
    let caller = caller.ok_or(Refused::Unavailable)?;
    let token = greeting.ok().and_then(|greeting| greeting.token);
    let credential = caller.named(token.as_deref(), &*server.sessions);
    // A page of any origin may come with a token that it knows, if that turns out to be one.
    if !caller.is_allowed && credential.as_ref().is_none_or(|found| found.is_cookie) {
        return Err(Refused::Origin);
    }
    let session = match &credential {
        None => None,
        Some(credential) => identify(&server, &socket, &credential.key).await?,
    };
    if !caller.is_allowed && session.is_none() {
        return Err(Refused::Origin);
    }

    let visitor = Visitor::new(Some(socket.id), session.clone());
    let language = session.as_ref().and_then(AnySession::language);
    let locale = Locale::new(&caller.languages, language, &server.config.default_language);
    line.connect();
    let connection = Connection::new(socket.id, visitor, line);
    let connection = Arc::new(connection.at(caller.address).speaking(locale));
    let attachment = Arc::new(Attachment {
        server,
        connection,
        _open: OpenConnection::new(),
    });
    let Attachment {
        server, connection, ..
    } = &*attachment;
    socket.extensions.insert(connection.clone());
    server.rooms.join(connection, connection.own_room());
    if let Some(session) = &session {
        server.by_user.add(connection);
        for room in session.rooms() {
            membership::join_unheard(server, connection, room);
        }
        hosted(server, session).await;
        let rooms = membership::confirm(server, connection, session.rooms()).await;
        let rooms = rooms.map_err(unavailable)?;
        feed::enter(server, connection, &rooms).await;
    }

    let event = || OnSocketConnect {
        visitor: connection.visitor().clone(),
    };
    let hooks = &server.hooks.socket_connect;
    hooks.tell(server.config.hook_timeout, event).await;
    handle_events(&socket, &attachment);
    feed::await_resume(server, connection);
    Ok(())
}

/// Waits until what other nodes say from now on to a session, to its user and in its rooms is heard.
async fn hosted(server: &Server, session: &AnySession) {
    let rooms = session.rooms().iter().cloned().map(Topic::Room);
    let user = Topic::User(session.user_id().into());
    let topics = rooms.chain([user, Topic::Session(session.key().clone())]);
    join_all(topics.map(|topic| server.cluster.hosted(&topic))).await;
}

/// Finds the session that a handshake names; there is none if it is over.
///
/// The connection is noted as one of the session's before the session is looked for: should it end
/// in between, either it is not found or its end is noted for the connection.
async fn identify(
    server: &Arc<Server>,
    socket: &SocketRef,
    key: &SessionKey,
) -> Result<Option<AnySession>, Refused> {
    session_end::watch(server);
    server.by_session.add(key, socket.id);
    let found = server.sessions.find(key).await;
    match &found {
        Ok(Some(session)) => server.by_session.lives_for(key, session.left()),
        Ok(None) | Err(_) => server.by_session.remove(key, socket.id),
    }
    found.map_err(unavailable)
}

fn unavailable(error: SessionStoreError) -> Refused {
    tracing::error!(%error, "a connection was refused: the session store does not answer");
    Refused::Unavailable
}

/// One handler for all events: of a table of handlers there would be one for each connection.
///
/// It does its ordering before it returns its future: the layer below calls handlers in the order of
/// the events and then runs their futures in any.
fn handle_events(socket: &SocketRef, attachment: &Arc<Attachment>) {
    let at = attachment.clone();
    socket.on_fallback(move |Event(event): Event, payload: Payload, ack: Ack| {
        handle(&at, &event, &payload, ack);
        std::future::ready(())
    });
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

/// Events of other names are nobody's.
fn handle(attachment: &Attachment, event: &str, payload: &Payload, ack: Ack) {
    let Attachment {
        server, connection, ..
    } = attachment;
    match event {
        "sync" => {
            feed::go_live(server, connection);
            sync_event::receive(server, connection, payload, ack);
        }
        "syncCancel" => sync_event::cancel(connection, payload),
        "joinRoom" => {
            feed::go_live(server, connection);
            room_events::change(Change::Join, server, connection, payload);
        }
        "leaveRoom" => {
            feed::go_live(server, connection);
            room_events::change(Change::Leave, server, connection, payload);
        }
        "getJoinedRooms" => {
            feed::go_live(server, connection);
            room_events::list(server, connection, payload);
        }
        "watchPresence" => presence_events::receive(Wish::Watch, server, connection, payload),
        "unwatchPresence" => presence_events::receive(Wish::Unwatch, server, connection, payload),
        "resume" => resume_event::receive(server, connection, payload),
        _ => {}
    }
}

//! The layer below by itself: socketioxide as one would use it without sync.

use std::{io::Write, net::Ipv4Addr};

use axum::{Router, serve::ListenerExt};
use socketioxide::{
    SendError, SocketError, SocketIo,
    extract::{Data, SocketRef},
    handler::ConnectHandler,
};
use sync_runtime::Config;
use tokio::net::TcpListener;

use super::packets::{
    Answer, Delivery, Greeting, JoinRoom, Joined, Mine, Nothing, Request, Success,
};
use crate::Outcome;

/// How a request reaches a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// With one emit.
    Emit,
    /// With one for each member, in a loop.
    Loop,
}

struct User(String);

/// Serves on a port of this machine until it is stopped; 0 takes a free one.
pub(crate) async fn run(port: u16, way: Way) -> Outcome {
    let config = Config::default();
    // The same bounds as sync's. With the 128 packets of the default, packets are lost here.
    let (layer, io) = SocketIo::builder()
        .max_buffer_size(config.send_buffer_packets)
        .build_layer();
    // Handlers are registered before the client knows that it is connected, or its first event is lost.
    let middleware = move |socket: SocketRef, Data(greeting): Data<Greeting>| async move {
        socket
            .extensions
            .insert(std::sync::Arc::new(User(greeting.token)));
        handle_events(&socket, way);
        Ok::<(), std::convert::Infallible>(())
    };
    io.ns("/", (|_: SocketRef| async {}).with(middleware));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    println!("ready http://{address} pid={}", std::process::id());
    std::io::stdout().flush()?;
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    axum::serve(listener, Router::new().layer(layer)).await?;
    Ok(())
}

fn handle_events(socket: &SocketRef, way: Way) {
    socket.on(
        "joinRoom",
        async |socket: SocketRef, Data(join): Data<JoinRoom>| {
            socket.join(join.group.clone());
            let event = format!("joinRoom-{}", join.response_index);
            told(socket.emit(
                event,
                &Joined {
                    rooms: [join.group],
                },
            ));
        },
    );
    socket.on(
        "sync",
        async move |socket: SocketRef, io: SocketIo, Data(request): Data<Request>| {
            let message = format!("{} success", request.cb);
            let seq = request.data.seq;
            let result = Success {
                status: "success",
                data: request.data,
            };
            let answer = Answer {
                status: "success",
                message: &message,
                result: &result,
            };
            told(socket.emit(format!("sync-{}", request.response_index), &answer));
            let delivery = Delivery {
                cb: &request.cb,
                full_name: &request.cb,
                status: "success",
                message: &message,
                server_output: &result,
                client_output: Nothing {},
            };
            match way {
                Way::Emit => {
                    if let Err(error) = io.within(request.receiver).emit("sync", &delivery).await {
                        eprintln!("bare: {error}");
                    }
                }
                Way::Loop => {
                    for member in io.within(request.receiver).sockets() {
                        let user = member.extensions.get::<std::sync::Arc<User>>();
                        let mine = Mine {
                            status: "success",
                            seq,
                            me: user.as_ref().map_or("", |user| &user.0),
                        };
                        let delivery = Delivery {
                            cb: delivery.cb,
                            full_name: delivery.full_name,
                            status: delivery.status,
                            message: delivery.message,
                            server_output: delivery.server_output,
                            client_output: mine,
                        };
                        told(member.emit("sync", &delivery));
                    }
                }
            }
        },
    );
}

/// What could not be sent is missed by the load; a connection that has gone is no news.
fn told(sent: Result<(), SendError>) {
    match sent {
        Ok(()) | Err(SendError::Socket(SocketError::Closed)) => {}
        Err(error) => eprintln!("bare: {error}"),
    }
}

#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

mod app;
mod audience;
mod below;
mod cluster;
#[doc(hidden)]
pub mod codegen;
mod config;
mod connection;
mod delivery;
mod door;
mod error;
mod fanout;
mod feed;
#[cfg(feature = "_fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gap;
mod handler;
mod health;
mod history;
pub mod hooks;
mod limits;
mod locale;
mod membership;
pub mod observe;
mod outgoing;
mod packet;
mod panic;
mod pipeline;
mod presence;
mod publisher;
#[cfg(feature = "redis")]
mod redis_channels;
#[cfg(feature = "redis")]
mod redis_connection;
#[cfg(feature = "redis")]
mod remote;
mod repeats;
mod replay;
mod request_values;
mod room;
mod rooms;
mod route;
mod routed;
mod sender;
#[cfg(feature = "redis")]
mod serial;
mod server;
mod session;
mod shutdown;
mod shutdown_state;
#[cfg(test)]
mod sockets_for_tests;
mod stream;
mod stream_hooks;
mod sync_server;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;
pub mod typescript;
mod unknown_routes;
mod wire;

pub use axum::extract::FromRef;
pub use sync_macros::{SyncError, sync_handler};

pub use crate::{
    app::{App, SessionUser},
    config::{Config, ConfigError},
    error::{ErrorParam, Failure, ParamValue, SyncError},
    handler::{
        client::Deliver,
        context::{FanoutContext, RecipientContext, RequestContext},
        extract::{FromRequest, Hooked, Input, Room, State, Valid},
        predicate::{Predicate, Verdict},
        recipient::{FromFanout, Recipient, ServerOutput},
        value::{HandlerOutput, RequestInput, Rules, SharedOutput, StatePart, UserOf},
    },
    hooks::Hooks,
    limits::{Rate, RateError},
    locale::{Locale, Messages},
    membership::Member,
    publisher::Publisher,
    request_values::HookedValue,
    room::{MAX_ROOM_BYTES, RoomCode},
    route::{RouteId, Routes},
    session::{
        DEFAULT_MAX_ROOMS, EndNotice, EndReason, MemorySessions, NewSession, OpenedSession,
        Session, SessionCookie, SessionKey, SessionLife, SessionRecord, SessionStore,
        SessionStoreError, Sessions, StoreFuture, Token,
    },
    shutdown::ShutdownReport,
    stream::{
        Broadcast, Cancel, Chunk, FlushPressure, Stream, StreamPayload, StreamSink, StreamThrottle,
        StreamTo, Targets, ThrottleText, Throttled,
    },
    sync_server::{SyncServer, SyncServerBuilder},
};
#[cfg(feature = "redis")]
pub use crate::{
    cluster::{ClusterError, RedisCluster},
    limits::{RateLimitsError, RedisRateLimits},
    session::RedisSessions,
};

/// What nearly every handler file needs.
///
/// The derives of `Serialize`, `Deserialize` and `TS` name the crates `serde` and `ts-rs`, which an
/// app therefore depends on as well.
pub mod prelude {
    pub use serde::{Deserialize, Serialize};
    pub use ts_rs::TS;

    pub use crate::{
        Broadcast, Cancel, Chunk, Deliver, Failure, FlushPressure, Input, Recipient, Room,
        ServerOutput, Session, SessionUser, State, Stream, StreamThrottle, StreamTo, SyncError,
        Valid, sync_handler,
    };
}

//! Hooks: functions of the app at fixed points of what the runtime does.
//!
//! A hook is an async function of an event; which event, its parameter says. Several
//! hooks of one event run in the order in which they were added.
//!
//! ```
//! use sync_runtime::{Failure, Hooks, hooks::{PostSyncFanout, PreRoomJoin}};
//!
//! let hooks = Hooks::new()
//!     .on(|join: PreRoomJoin| async move {
//!         // Only the members of a board may join its room.
//!         join.visitor.user_id() == Some("ada") || !join.room.as_str().starts_with("board:")
//!     })
//!     .on(|fanout: PostSyncFanout| async move {
//!         println!("{} reached {}", fanout.request.route(), fanout.recipients);
//!     });
//! ```
//!
//! A hook answers `()`, or `bool`, or `Result<(), E>` with a [`SyncError`](crate::SyncError). Those of
//! `Pre...` events can stop what they come before: with `false` the client hears the event's own
//! code, with an error that error's. Of the other events an error is only logged. A hook of
//! [`PreSyncRecipient`] answers a [`Shape`], or `Result<Shape, E>`: this recipient then hears the error.
//!
//! # Values for the handler
//! What a hook has found out, it can put onto the request, and the server file's function takes it
//! as [`Hooked<T>`](crate::Hooked):
//!
//! ```
//! use sync_runtime::{Hooked, Hooks, hooks::PreSyncAuthorize};
//!
//! #[derive(Clone)]
//! struct TenantId(String);
//!
//! let hooks = Hooks::new().on(|event: PreSyncAuthorize| async move {
//!     let tenant = event.request.room.as_str().split(':').next();
//!     event.request.insert(TenantId(tenant.unwrap_or_default().into()));
//! });
//!
//! // #[sync_handler(auth = login)]
//! pub async fn main(Hooked(tenant): Hooked<TenantId>) {
//!     println!("{}", tenant.0);
//! }
//! ```
//!
//! # Failures
//! A hook that panics or takes longer than [`Config::hook_timeout`](crate::Config::hook_timeout) is
//! logged, and of a `Pre...` event it counts as a failure: the request is answered with
//! `sync.serverExecutionFailed`. Those of streams only watch: see [`PreSyncStream`]. An event without hooks costs nothing: not even its payload is made.

mod events;
mod list;

use std::fmt;

pub(crate) use self::list::{HookList, contained};
pub use self::{
    events::{
        HookEvent, OnSlowConsumer, OnSocketConnect, OnSocketDisconnect, PostRoomJoin,
        PostRoomLeave, PostSyncAuthorize, PostSyncExecute, PostSyncFanout, PostSyncStream,
        PostSyncValidate, PreRoomJoin, PreRoomLeave, PreSocketMessage, PreSyncAuthorize,
        PreSyncExecute, PreSyncFanout, PreSyncRecipient, PreSyncStream, PreSyncValidate,
        RateLimitExceeded, Replacement, RequestInfo, Shape, StreamAudience, Visitor,
    },
    list::{Hook, Outcome},
};
pub use crate::door::SlowReason;

/// The hooks of an app.
#[derive(Default)]
pub struct Hooks {
    pub(crate) socket_connect: HookList<OnSocketConnect>,
    pub(crate) socket_disconnect: HookList<OnSocketDisconnect>,
    pub(crate) slow_consumer: HookList<OnSlowConsumer>,
    pub(crate) socket_message: HookList<PreSocketMessage>,
    pub(crate) rate_limit_exceeded: HookList<RateLimitExceeded>,
    pub(crate) pre_authorize: HookList<PreSyncAuthorize>,
    pub(crate) post_authorize: HookList<PostSyncAuthorize>,
    pub(crate) pre_validate: HookList<PreSyncValidate>,
    pub(crate) post_validate: HookList<PostSyncValidate>,
    pub(crate) pre_execute: HookList<PreSyncExecute>,
    pub(crate) post_execute: HookList<PostSyncExecute>,
    pub(crate) pre_fanout: HookList<PreSyncFanout>,
    pub(crate) pre_recipient: HookList<PreSyncRecipient>,
    pub(crate) post_fanout: HookList<PostSyncFanout>,
    pub(crate) pre_stream: HookList<PreSyncStream>,
    pub(crate) post_stream: HookList<PostSyncStream>,
    pub(crate) pre_join: HookList<PreRoomJoin>,
    pub(crate) post_join: HookList<PostRoomJoin>,
    pub(crate) pre_leave: HookList<PreRoomLeave>,
    pub(crate) post_leave: HookList<PostRoomLeave>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

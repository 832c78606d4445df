//! What generated code names: everything that `#[sync_handler]`, `#[derive(SyncError)]` and
//! `sync-build` write refers to this module and no other. No part of the public interface.

use std::{error::Error, future::Future, time::Duration};

use futures_util::future::BoxFuture;

pub use crate::{
    connection::OnDisconnect,
    error::{Failure, SyncError},
    handler::{
        client::{AnyInput, ClientHandler, ForRecipients, NoInput, for_recipients},
        context::{FanoutContext, RecipientContext, Request, RequestContext},
        extract::{FromRequest, Input},
        predicate::Predicate,
        recipient::{FromFanout, ServerOutput},
        server::{Auth, Predicates, PreparedCall, ServerHandler},
        value::HandlerOutput,
    },
    history::Keep,
    limits::RateLimit,
    no_handler,
    route::{RouteId, RouteList, route},
    typescript::{TypeScript, TypeSink},
};

use crate::{ParamValue, limits::Rate};

/// What a server file answers can be taken by a `_client` file only as what it is.
#[diagnostic::on_unimplemented(
    message = "the server file of this route answers `{Self}`, not `{Taken}`",
    label = "not what the server file answers",
    note = "write `ServerOutput<{Self}>`"
)]
pub trait TakenAs<Taken> {
    /// Asked for, so that the trait is.
    const CHECKED: () = ();
}

impl<T> TakenAs<T> for T {}

/// What a server file takes as the input can be taken by a `_client` file only as what it is.
#[diagnostic::on_unimplemented(
    message = "the server file of this route takes `{Self}`, not `Input<{Taken}>`",
    label = "not the input that the server file takes",
    note = "write the type that the server file takes: what it has accepted is what this file is given"
)]
pub trait TakenAlso<Taken> {}

impl<T> TakenAlso<T> for Input<T> {}
impl<T> TakenAlso<T> for AnyInput {}

/// A server file's handler that takes this `Input<T>`, or as well a `Valid<T>`; [`AnyInput`] is one
/// that takes neither.
pub trait TakesInput<Input> {}

/// Compiles where a server file takes the input that its `_client` file takes.
pub const fn same_input<Server: TakesInput<Own>, Own: TakenAlso<Taken>, Taken>() {}

/// What a `_client` file takes of its server file, `()` for what it does not.
pub trait Taken {
    /// In its `ServerOutput`.
    type Output;
    /// In its `Input`.
    type Input;
}

impl<Output, Input> Taken for (Output, Input) {
    type Output = Output;
    type Input = Input;
}

/// What an `internal` variant of an error holds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the cause of an internal error",
    label = "neither an error nor a text",
    note = "an `internal` variant holds what is logged: an error (`std::error::Error + Send + Sync`) or a `String`"
)]
pub trait Logged {
    /// The failure that is logged, and of which clients hear no detail.
    fn into_failure(self) -> Failure;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Box<dyn Error + Send + Sync>>> Logged for T {
    fn into_failure(self) -> Failure {
        Failure::internal(self)
    }
}

/// What a named field of an error's variant holds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an error",
    label = "neither a text nor a whole number",
    note = "the fields of a variant are sent to clients as parameters of its message: hold a `String` or a whole number such as `u32`"
)]
pub trait Parameter {
    /// The parameter as it is sent.
    fn into_value(self) -> ParamValue;
}

#[diagnostic::do_not_recommend]
impl<T: Into<ParamValue>> Parameter for T {
    fn into_value(self) -> ParamValue {
        self.into()
    }
}

/// A handler's call without its type. It may move between threads while it waits.
pub fn future<'a, T>(future: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
    Box::pin(future)
}

/// The rate of a route; the macro has seen to it that neither number is zero.
pub const fn rate_limit(count: u32, seconds: u64) -> RateLimit {
    match Rate::new(count, Duration::from_secs(seconds)) {
        Some(rate) => RateLimit::Limited(rate),
        None => RateLimit::Default,
    }
}

/// Says that a handler file holds no handler, in the generated code and so without stopping the
/// build script, which would take the editor's help away from all other files.
#[doc(hidden)]
#[macro_export]
macro_rules! no_handler {
    ($file:literal) => {
        ::core::compile_error!(::core::concat!(
            "`",
            $file,
            "` holds no handler: write `#[sync_handler(auth = login)] pub async fn main(...)` in a server file, ",
            "`#[sync_handler] pub async fn main(...)` in a `_client` file"
        ));
    };
}

/// Makes the app's handler files modules of the crate and adds `sync_routes` with its routes.
///
/// Written once, at the root of the app's library, with the type that implements
/// [`App`](crate::App). It includes what [`sync_build::routes`](https://docs.rs/sync-build) wrote in
/// the app's build script.
///
/// ```ignore
/// sync_runtime::include_routes!(crate::AppState);
/// ```
#[macro_export]
macro_rules! include_routes {
    ($app:ty) => {
        #[doc(hidden)]
        pub mod __sync {
            /// The state that the handlers of this crate share.
            pub type App = $app;
        }
        ::core::include!(::core::env!(
            "__SYNC_ROUTES",
            "nothing looks for this crate's routes: write `fn main() { sync_build::routes(\"src\"); }` into `build.rs` beside `Cargo.toml`, with `sync-build` in the `[build-dependencies]`"
        ));
    };
}

//! Handlers: what an app's functions can take and give back, and how the pipeline calls them.
//!
//! [`#[sync_handler]`](macro@crate::sync_handler) turns a function into a [`server::ServerHandler`]
//! or a [`client::ClientHandler`]. Both are then stored without their types ([`server::ServerRoute`],
//! [`client::ClientRoute`]), so that the pipeline is compiled once, in this crate.

pub(crate) mod client;
pub(crate) mod context;
pub(crate) mod extract;
pub(crate) mod output;
pub(crate) mod predicate;
pub(crate) mod reader;
pub(crate) mod recipient;
pub(crate) mod server;
mod stream;
pub(crate) mod value;

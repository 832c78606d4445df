//! The load: a server process, and members that speak Engine.IO over bare web sockets.

pub(crate) mod frames;
pub(crate) mod handshake;
mod member;
mod redis;
mod server;
mod system;

pub(crate) use self::{
    member::Member,
    redis::Commands,
    server::{Server, ServerProcess},
    system::System,
};

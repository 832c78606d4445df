//! The load: a server process, and members that speak Engine.IO over bare web sockets.

pub(crate) mod frames;
pub(crate) mod handshake;
mod member;
mod server;

pub(crate) use self::{
    member::Member,
    server::{Server, ServerProcess},
};

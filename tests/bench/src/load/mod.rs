//! The load: a server process, and members that speak Engine.IO over bare web sockets.

mod frames;
mod member;
mod process;

pub(crate) use self::{member::Member, process::ServerProcess};

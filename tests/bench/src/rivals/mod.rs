//! What sync is compared with: servers that answer the same packets with the same packets and do
//! nothing else. No sessions, no membership, no validation, no hooks.
//!
//! They are commands of this program, so that they have the same allocator and optimisation.

mod bare;
mod floor;
mod packets;

pub(crate) use self::{
    bare::{Way, run as bare},
    floor::run as floor,
};

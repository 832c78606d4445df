//! An event as far as it can be read without a connection, for the fuzz targets.

pub(crate) use super::origin::is_allowed;
use super::{
    event::{Payload, ReplyTo},
    room_events, sync_event,
};

/// What the events make of the same bytes.
#[derive(Debug)]
pub struct ReadEvent {
    /// The first argument, as JSON.
    pub payload: String,
    /// On which event a request is answered.
    pub answered_on: String,
    /// A request's name and receiver.
    pub request: Option<(String, String)>,
    /// The room to join or leave.
    pub room: Option<String>,
    /// What to cancel.
    pub cancel_id: Option<String>,
}

pub(crate) fn read(event: &str) -> ReadEvent {
    let payload = Payload::of(event);
    let reply = ReplyTo::of("sync", &payload);
    let request = sync_event::read(&reply, &payload).ok();
    let room = room_events::room(&reply, &payload).ok();
    ReadEvent {
        payload: payload.json().to_owned(),
        answered_on: reply.event(),
        request: request.map(|request| (request.name().to_string(), request.lane().to_string())),
        room: room.map(|room| room.to_string()),
        cancel_id: sync_event::cancel_id(&payload),
    }
}

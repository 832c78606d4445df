//! What a handler says about its types.

use std::collections::BTreeSet;

use ts_rs::TS;

use super::described::InRoute;
use super::model::Role;

/// What handlers, and the extractors and results that they are made of, say their types to.
///
/// Who listens is a type parameter of all that speak, so that a server, which renders no TypeScript, has none of
/// ts-rs's code for its types: it is compiled where [`TypeScript`](super::TypeScript) is made of them.
pub trait TypeSink {
    /// A type that the route carries in this role.
    fn payload<T: TS + 'static + ?Sized>(&mut self, role: Role) -> &mut Self;

    /// Codes of errors that the handlers answer themselves, besides the framework's.
    fn error_codes(&mut self, codes: &[&'static str]) -> &mut Self;

    /// A parameter needs the request's streams without sending payloads itself.
    fn takes_streams(&mut self) -> &mut Self;

    /// What the client sends. Both of a route's handlers may say so, as long as it is the same type.
    fn input<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.payload::<T>(Role::Input)
    }

    /// What the `_server` handler answers.
    fn server_output<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.payload::<T>(Role::ServerOutput)
    }

    /// What the `_client` handler gives each recipient.
    fn client_output<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.payload::<T>(Role::ClientOutput)
    }

    /// One of the payloads that the `_server` handler streams to the client that asked.
    fn server_stream<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.payload::<T>(Role::ServerStream)
    }

    /// One of the payloads that the `_server` handler streams to the room, or to those it chooses.
    fn room_stream<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.payload::<T>(Role::RoomStream)
    }

    /// One of the payloads that the `_client` handler streams.
    fn client_stream<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.payload::<T>(Role::ClientStream)
    }
}

/// Whether a handler takes streams, which is all that a server wants to know of its types.
#[derive(Debug)]
pub(crate) struct TakesStreams(bool);

impl TakesStreams {
    pub(crate) fn asked(describe: fn(&mut Self)) -> bool {
        let mut asked = Self(false);
        describe(&mut asked);
        asked.0
    }
}

impl TypeSink for TakesStreams {
    fn payload<T: TS + 'static + ?Sized>(&mut self, role: Role) -> &mut Self {
        self.0 |= role.is_stream();
        self
    }

    fn error_codes(&mut self, _: &[&'static str]) -> &mut Self {
        self
    }

    fn takes_streams(&mut self) -> &mut Self {
        self.0 = true;
        self
    }
}

/// The types of one route.
///
/// It only remembers which types they are. ts-rs is asked when the TypeScript is rendered.
#[derive(Debug, Clone)]
pub struct RouteTypes {
    pub(super) name: &'static str,
    pub(super) version: u32,
    pub(super) payloads: Vec<(Role, &'static InRoute)>,
    pub(super) error_codes: BTreeSet<&'static str>,
}

impl RouteTypes {
    /// A route without types: no input, nothing to answer, nothing streamed, no error codes of its own.
    /// `name` is the whole name, such as `board/moveCard`.
    pub fn new(name: &'static str, version: u32) -> Self {
        Self {
            name,
            version,
            payloads: Vec::new(),
            error_codes: BTreeSet::new(),
        }
    }
}

impl TypeSink for RouteTypes {
    fn payload<T: TS + 'static + ?Sized>(&mut self, role: Role) -> &mut Self {
        self.payloads.push((role, const { &InRoute::of::<T>() }));
        self
    }

    fn error_codes(&mut self, codes: &[&'static str]) -> &mut Self {
        self.error_codes.extend(codes);
        self
    }

    fn takes_streams(&mut self) -> &mut Self {
        self
    }
}

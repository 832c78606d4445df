//! What a handler says about its types.

use std::collections::BTreeSet;

use ts_rs::TS;

use super::collect::Collector;
use super::model::{Payload, Role};

/// The types of one route, filled in by the extractors and results of its handlers.
///
/// It only remembers which types they are. ts-rs is asked when the TypeScript is rendered, so a server
/// that never renders it pays nothing.
#[derive(Debug, Clone)]
pub struct RouteTypes {
    pub(super) name: &'static str,
    pub(super) version: u32,
    pub(super) payloads: Vec<(Role, Describe)>,
    pub(super) error_codes: BTreeSet<&'static str>,
    takes_streams: bool,
}

/// Describes one type to the collector.
pub(super) type Describe = fn(&mut Collector<'_>) -> Payload;

impl RouteTypes {
    /// A route without types: no input, nothing to answer, nothing streamed, no error codes of its own.
    /// `name` is the whole name, such as `board/moveCard`.
    pub fn new(name: &'static str, version: u32) -> Self {
        Self {
            name,
            version,
            payloads: Vec::new(),
            error_codes: BTreeSet::new(),
            takes_streams: false,
        }
    }

    /// What a handler says of itself.
    pub(crate) fn of(describe: fn(&mut Self)) -> Self {
        let mut types = Self::new("", 0);
        describe(&mut types);
        types
    }

    /// Says that a parameter needs the request's streams without sending payloads itself.
    pub(crate) fn takes_streams(&mut self) {
        self.takes_streams = true;
    }

    /// Whether the handler takes streams.
    pub(crate) fn streams(&self) -> bool {
        self.takes_streams || self.payloads.iter().any(|(role, _)| role.is_stream())
    }

    /// What the client sends. Both of a route's handlers may say so, as long as it is the same type.
    pub fn input<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.add::<T>(Role::Input)
    }

    /// What the `_server` handler answers.
    pub fn server_output<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.add::<T>(Role::ServerOutput)
    }

    /// What the `_client` handler gives each recipient.
    pub fn client_output<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.add::<T>(Role::ClientOutput)
    }

    /// One of the payloads that the `_server` handler streams.
    pub fn server_stream<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.add::<T>(Role::ServerStream)
    }

    /// One of the payloads that the `_client` handler streams.
    pub fn client_stream<T: TS + 'static + ?Sized>(&mut self) -> &mut Self {
        self.add::<T>(Role::ClientStream)
    }

    /// Codes of errors that the handlers answer themselves, besides the framework's.
    pub fn error_codes(&mut self, codes: &[&'static str]) -> &mut Self {
        self.error_codes.extend(codes);
        self
    }

    fn add<T: TS + 'static + ?Sized>(&mut self, role: Role) -> &mut Self {
        self.payloads
            .push((role, |collector| collector.payload::<T>()));
        self
    }
}

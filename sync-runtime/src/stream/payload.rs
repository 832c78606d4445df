//! What streams carry.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use ts_rs::TS;

use crate::typescript::{Role, TypeSink};

/// What a stream carries: anything that can be written as a JSON object and described in TypeScript.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of a stream",
    label = "must be writable as a JSON object and describable in TypeScript",
    note = "put `#[derive(Serialize, TS)]` on `{Self}`"
)]
pub trait StreamPayload: Sized + 'static {
    #[doc(hidden)]
    fn encode(&self) -> Result<Box<RawValue>, serde_json::Error>;

    #[doc(hidden)]
    fn describe_server(types: &mut impl TypeSink);

    #[doc(hidden)]
    fn describe_room(types: &mut impl TypeSink);

    #[doc(hidden)]
    fn describe_client(types: &mut impl TypeSink);
}

#[diagnostic::do_not_recommend]
impl<P: Serialize + TS + 'static> StreamPayload for P {
    fn encode(&self) -> Result<Box<RawValue>, serde_json::Error> {
        to_raw_value(self)
    }

    fn describe_server(types: &mut impl TypeSink) {
        types.payload::<P>(Role::ServerStream);
    }

    fn describe_room(types: &mut impl TypeSink) {
        types.payload::<P>(Role::RoomStream);
    }

    fn describe_client(types: &mut impl TypeSink) {
        types.payload::<P>(Role::ClientStream);
    }
}

/// A piece of text, the payload that a `StreamThrottle` makes if it is not told otherwise: `{ chunk: "..." }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Chunk {
    /// The text.
    pub chunk: String,
}

impl From<String> for Chunk {
    fn from(chunk: String) -> Self {
        Self { chunk }
    }
}

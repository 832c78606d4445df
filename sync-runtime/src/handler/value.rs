//! The roles that an app's own types play, and the error a developer sees when one does not fit.
//!
//! The traits have no supertraits and their blanket implementations are marked
//! `do_not_recommend`: otherwise rustc reports the missing `Deserialize` or `TS` deep inside serde's
//! list of implementations instead of the text below.

use serde::{Serialize, de::DeserializeOwned};
use ts_rs::TS;

use crate::typescript::RouteTypes;

/// What a client sends to a handler: anything that can be read from JSON and described in
/// TypeScript.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the input of a sync handler",
    label = "must be readable from JSON and describable in TypeScript",
    note = "put `#[derive(Deserialize, TS)]` on `{Self}`"
)]
pub trait RequestInput: Sized + Send + 'static {
    /// Reads it leniently: fields that it does not know are passed over.
    #[doc(hidden)]
    fn decode(json: &str) -> Result<Self, serde_json::Error>;

    /// Reads it strictly: the path of a field that it does not know is the error.
    #[doc(hidden)]
    fn decode_strictly(json: &str) -> Result<Self, Unfit>;

    /// Reads it again for the sake of a message that names the field.
    #[doc(hidden)]
    fn explain(json: &str) -> Option<serde_path_to_error::Error<serde_json::Error>>;

    #[doc(hidden)]
    fn describe(types: &mut RouteTypes);
}

/// Why an input was not read.
#[derive(Debug)]
pub enum Unfit {
    /// It does not have the shape.
    Shape,
    /// It has a field that the type does not know, at this path.
    UnknownField(String),
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + TS + Send + 'static> RequestInput for T {
    fn decode(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn decode_strictly(json: &str) -> Result<Self, Unfit> {
        let mut unknown = None;
        let note = |path: serde_ignored::Path<'_>| {
            unknown.get_or_insert_with(|| path.to_string());
        };
        let deserializer = &mut serde_json::Deserializer::from_str(json);
        let input = serde_ignored::deserialize(deserializer, note).map_err(|_| Unfit::Shape)?;
        match unknown {
            None => Ok(input),
            Some(path) => Err(Unfit::UnknownField(path)),
        }
    }

    fn explain(json: &str) -> Option<serde_path_to_error::Error<serde_json::Error>> {
        let deserializer = &mut serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize::<_, T>(deserializer).err()
    }

    fn describe(types: &mut RouteTypes) {
        types.input::<T>();
    }
}

/// What a handler answers: anything that can be written as a JSON object and described in
/// TypeScript, or `()` for nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a sync handler",
    label = "must be writable as a JSON object and describable in TypeScript",
    note = "put `#[derive(Serialize, TS)]` on `{Self}`"
)]
pub trait HandlerOutput: Sized + Send + 'static {
    #[doc(hidden)]
    fn encode(&self) -> Result<super::output::OutputJson, serde_json::Error>;

    #[doc(hidden)]
    fn describe_server(types: &mut RouteTypes);

    #[doc(hidden)]
    fn describe_client(types: &mut RouteTypes);
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + TS + Send + 'static> HandlerOutput for T {
    fn encode(&self) -> Result<super::output::OutputJson, serde_json::Error> {
        super::output::OutputJson::encode(self)
    }

    fn describe_server(types: &mut RouteTypes) {
        types.server_output::<T>();
    }

    fn describe_client(types: &mut RouteTypes) {
        types.client_output::<T>();
    }
}

/// A server output as a `_client` file receives it: read back from JSON, because the handler may
/// have run on another node.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken as `ServerOutput` by a `_client` file",
    label = "must be readable from JSON",
    note = "put `#[derive(Deserialize)]` on `{Self}`, beside the `Serialize` it has as a server output"
)]
pub trait SharedOutput: Sized + Send + Sync + 'static {
    #[doc(hidden)]
    fn decode(json: &str) -> Result<Self, serde_json::Error>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + Sync + 'static> SharedOutput for T {
    fn decode(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

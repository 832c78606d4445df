//! The roles that an app's own types play, and the error a developer sees when one does not fit.
//!
//! The traits have no supertraits and their blanket implementations are marked
//! `do_not_recommend`: otherwise rustc reports the missing `Deserialize` or `TS` deep inside serde's
//! list of implementations instead of the text below.

use std::any::type_name;

use axum::extract::FromRef;
use garde::Validate;
use serde::{Serialize, de::DeserializeOwned};
use ts_rs::TS;

use super::{
    client::Deliver,
    output::{OutputJson, OwnJson},
    reader::{self, Unfit},
};
use crate::{
    App, Failure, Session,
    typescript::{Role, TypeSink},
};

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

    /// Reads it strictly: a field that it does not know is an error.
    #[doc(hidden)]
    fn decode_strictly(json: &str) -> Result<Self, Unfit>;

    #[doc(hidden)]
    fn describe(types: &mut impl TypeSink);
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + TS + Send + 'static> RequestInput for T {
    fn decode(json: &str) -> Result<Self, serde_json::Error> {
        reader::read(json)
    }

    fn decode_strictly(json: &str) -> Result<Self, Unfit> {
        reader::read_strictly(json)
    }

    fn describe(types: &mut impl TypeSink) {
        types.payload::<T>(Role::Input);
    }
}

/// What a handler answers: anything that can be written as a JSON object and described in
/// TypeScript, or `()` for nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a sync handler",
    label = "must be writable as a JSON object and describable in TypeScript",
    note = "put `#[derive(Serialize, TS)]` on `{Self}`",
    note = "where that is an alias of a `Result`, write out the `Result` with its two types"
)]
pub trait HandlerOutput: Sized + Send + 'static {
    #[doc(hidden)]
    fn describe_server(types: &mut impl TypeSink);

    #[doc(hidden)]
    fn describe_client(types: &mut impl TypeSink);

    /// What the server file answers.
    #[doc(hidden)]
    fn answer(self) -> Result<OutputJson, Failure> {
        self.to_json()
    }

    #[doc(hidden)]
    fn to_json(&self) -> Result<OutputJson, Failure>;

    /// What the `_client` file sends to a recipient.
    #[doc(hidden)]
    fn send(self) -> Result<Deliver<OwnJson>, Failure>;

    /// What the `_client` file decided for a recipient.
    #[doc(hidden)]
    fn deliver(decided: Deliver<Self>) -> Result<Deliver<OwnJson>, Failure> {
        match decided {
            Deliver::Send(output) => output.send(),
            Deliver::Skip => Ok(Deliver::Skip),
            Deliver::Refuse => Ok(Deliver::Refuse),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + TS + Send + 'static> HandlerOutput for T {
    fn to_json(&self) -> Result<OutputJson, Failure> {
        match OutputJson::encode(self) {
            Ok(json) => Ok(json),
            Err(error) => Err(no_object(type_name::<T>(), &error)),
        }
    }

    fn send(self) -> Result<Deliver<OwnJson>, Failure> {
        match OwnJson::encode(&self) {
            Ok(own) => Ok(Deliver::Send(own)),
            Err(error) => Err(no_object(type_name::<T>(), &error)),
        }
    }

    fn describe_server(types: &mut impl TypeSink) {
        types.payload::<T>(Role::ServerOutput);
    }

    fn describe_client(types: &mut impl TypeSink) {
        types.payload::<T>(Role::ClientOutput);
    }
}

fn no_object(name: &str, error: &serde_json::Error) -> Failure {
    Failure::internal(format!("the output `{name}` is not a JSON object: {error}"))
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
        reader::read(json)
    }
}

/// An input with rules of its own, as [`Valid`](crate::Valid) takes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no rules for `Valid` to check",
    label = "no rules to check",
    note = "put `#[derive(garde::Validate)]` on `{Self}`, or take it as `Input<{Self}>`"
)]
pub trait Rules {
    #[doc(hidden)]
    fn check(&self) -> Result<(), garde::Report>;
}

#[diagnostic::do_not_recommend]
impl<T: Validate<Context: Default>> Rules for T {
    fn check(&self) -> Result<(), garde::Report> {
        self.validate()
    }
}

/// A part of the app's state, as [`State`](crate::State) takes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a part of the app's state",
    label = "not a part of `{A}`",
    note = "make it a field of `{A}` and put `#[derive(FromRef)]` on that, or write `impl FromRef<{A}> for {Self}`"
)]
pub trait StatePart<A>: Sized {
    #[doc(hidden)]
    fn of(state: &A) -> Self;
}

#[diagnostic::do_not_recommend]
impl<A, T: FromRef<A>> StatePart<A> for T {
    fn of(state: &A) -> Self {
        T::from_ref(state)
    }
}

/// The user that the app's sessions hold.
#[diagnostic::on_unimplemented(
    message = "the app's sessions do not hold a `{Self}`",
    label = "not the user of the app's sessions",
    note = "write the type that `impl App for {A}` names as its `type User`"
)]
pub trait UserOf<A: App>: Sized {
    #[doc(hidden)]
    fn own(session: Session<A::User>) -> Session<Self>;
}

#[diagnostic::do_not_recommend]
impl<A: App<User = U>, U> UserOf<A> for U {
    fn own(session: Session<U>) -> Session<U> {
        session
    }
}

//! What the function of a server file can take.

use std::{any::type_name, fmt};

use super::{
    context::RequestContext,
    reader::Unfit,
    value::{RequestInput, Rules, StatePart, UserOf},
};
use crate::{
    App, Failure, Locale, Session,
    error::{InputProblem, Refusal},
    request_values::HookedValue,
    room::RoomCode,
    typescript::TypeSink,
};

/// A parameter of a server file's function.
///
/// Implement it for a type of your own to make it one: it reads what the pipeline has established
/// and answers at once.
///
/// ```
/// use sync_runtime::{App, Failure, FromRequest, RequestContext};
///
/// /// The board that the room stands for.
/// struct Board(String);
///
/// impl<A: App> FromRequest<A> for Board {
///     fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
///         let id = cx.room().as_str().strip_prefix("board:");
///         id.map(|id| Self(id.into()))
///             .ok_or_else(|| Failure::new("board.notABoard", "This room is not a board.").status(404))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a server file's function",
    label = "not something a server file can take",
    note = "a server file can take `Input<T>`, `Valid<T>`, `Session<U>`, `Option<Session<U>>`, `Room`, `Locale`, `State<T>`, `Hooked<T>`, `Option<Hooked<T>>`, `Stream<P>`, `Broadcast<P>`, `StreamTo<P>`, `FlushPressure`, `Cancel` and types of your own that implement `FromRequest`"
)]
pub trait FromRequest<A: App>: Sized + Send {
    /// Reads the parameter.
    ///
    /// # Errors
    /// With the failure that the client receives instead of the handler's answer.
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure>;

    /// Says what the parameter adds to the route's TypeScript types: nothing, unless it is an input or
    /// a stream. A parameter that reads others calls theirs.
    fn describe(types: &mut impl TypeSink) {
        let _ = types;
    }
}

/// The client's input, read from JSON.
///
/// Takes any `T` with `#[derive(Deserialize, TS)]`. An input that does not have the shape of `T`, or has
/// a field that `T` does not know, is refused with `sync.invalidInputType`; in development the answer
/// names the field and the reason. To take any other fields, give `T` a map for them:
/// `#[serde(flatten)] rest: HashMap<String, serde_json::Value>`.
#[derive(Debug, Clone, Copy)]
pub struct Input<T>(pub T);

impl<A: App, T: RequestInput> FromRequest<A> for Input<T> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        match T::decode_strictly(cx.data()) {
            Ok(input) => Ok(Self(input)),
            Err(unfit) => Err(unfit_input(cx.explains(), unfit)),
        }
    }

    fn describe(types: &mut impl TypeSink) {
        T::describe(types);
    }
}

/// The client's input, read from JSON and checked against the rules of its type.
///
/// Like [`Input`], for a `T` that also has [`#[derive(Validate)]`](macro@garde::Validate).
#[derive(Debug, Clone, Copy)]
pub struct Valid<T>(pub T);

impl<A: App, T: RequestInput + Rules> FromRequest<A> for Valid<T> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        match Input::<T>::from_request(cx) {
            Ok(Input(input)) => match input.check() {
                Ok(()) => Ok(Self(input)),
                Err(report) => Err(broken_rule(cx.explains(), &report)),
            },
            Err(failure) => Err(failure),
        }
    }

    fn describe(types: &mut impl TypeSink) {
        T::describe(types);
    }
}

fn unfit_input(explain: bool, unfit: Unfit) -> Failure {
    let detail = || match unfit {
        Unfit::UnknownField(path) => InputProblem {
            path,
            reason: "unknown field".into(),
        },
        Unfit::Shape { path, error } => InputProblem {
            path,
            reason: error.to_string(),
        },
    };
    let detail = explain.then(detail);
    Refusal::InvalidInput { detail }.into()
}

fn broken_rule(explain: bool, report: &garde::Report) -> Failure {
    let first = report.iter().next().filter(|_| explain);
    let detail = first.map(|(path, error)| InputProblem {
        path: path.to_string(),
        reason: error.to_string(),
    });
    Refusal::InvalidInput { detail }.into()
}

/// `auth = login` has let nobody in without a session, so it is there.
impl<A: App, U: UserOf<A> + Send + Sync> FromRequest<A> for Session<U> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        let session = cx.session().map(U::own);
        session.ok_or_else(|| Refusal::LoginRequired.into())
    }
}

impl<A: App, U: UserOf<A> + Send + Sync> FromRequest<A> for Option<Session<U>> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(cx.session().map(U::own))
    }
}

/// The room that the request was sent to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Room(pub(crate) RoomCode);

impl Room {
    /// The room's name, such as `board:demo`.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The room's name.
impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<A: App> FromRequest<A> for Room {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self(cx.room().clone()))
    }
}

impl<A: App> FromRequest<A> for Locale {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(cx.locale().clone())
    }
}

/// What a hook has put onto the request, with
/// [`RequestInfo::insert`](crate::hooks::RequestInfo::insert).
///
/// Where none has, the request fails with `sync.serverExecutionFailed` and the log says so; take
/// `Option<Hooked<T>>` where there need not be any. Hooks run after the predicates of
/// `login(...)`, so that these find nothing.
#[derive(Debug, Clone, Copy)]
pub struct Hooked<T>(pub T);

impl<A: App, T: HookedValue + Send> FromRequest<A> for Hooked<T> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        cx.hooked().map(Self).ok_or_else(|| {
            Failure::internal(format!(
                "no hook has put a `{}` onto the request: let one of `PreSyncAuthorize`, \
                 `PostSyncAuthorize` or `PreSyncValidate` do so with `event.request.insert(...)`, \
                 or take it as an `Option`",
                type_name::<T>()
            ))
        })
    }
}

impl<A: App, T: HookedValue + Send> FromRequest<A> for Option<Hooked<T>> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(cx.hooked().map(Hooked))
    }
}

/// A part of the app's state, as with axum: the state itself, or what
/// [`FromRef`](axum::extract::FromRef) makes of it.
#[derive(Debug, Clone, Copy)]
pub struct State<T>(pub T);

impl<A: App, T: StatePart<A> + Send> FromRequest<A> for State<T> {
    fn from_request(cx: &RequestContext<'_, A>) -> Result<Self, Failure> {
        Ok(Self(T::of(cx.state())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;
    use serde_json::Value;
    use ts_rs::TS;

    use super::*;

    #[derive(Debug, Deserialize, TS)]
    struct Card {
        id: String,
        tags: Vec<Tag>,
        note: Option<String>,
    }

    #[derive(Debug, Deserialize, TS)]
    struct Tag {
        name: String,
    }

    #[derive(Debug, Deserialize, TS)]
    struct Open {
        id: String,
        #[serde(flatten)]
        rest: HashMap<String, Value>,
    }

    #[test]
    fn a_room_reads_as_its_name() {
        let room = Room(RoomCode::parse("board:demo").unwrap_or_else(|_| unreachable!()));
        assert_eq!(room.to_string(), "board:demo");
    }

    #[test]
    fn an_input_may_leave_out_what_is_optional_and_nothing_else() {
        let card = Card::decode_strictly(r#"{"id":"7","tags":[{"name":"a"}]}"#).expect("it fits");
        assert_eq!((card.id.as_str(), card.tags[0].name.as_str()), ("7", "a"));
        assert!(card.note.is_none());
        assert!(matches!(
            Card::decode_strictly(r#"{"id":"7"}"#),
            Err(Unfit::Shape { .. })
        ));
    }

    #[test]
    fn a_field_that_is_not_known_is_refused_wherever_it_is() {
        let unknown = |json| match Card::decode_strictly(json) {
            Err(Unfit::UnknownField(path)) => path,
            other => panic!("{other:?}"),
        };
        assert_eq!(unknown(r#"{"id":"7","tags":[],"x":1}"#), "x");
        assert_eq!(
            unknown(r#"{"id":"7","tags":[{"name":"a","x":1}]}"#),
            "tags.0.x"
        );
    }

    #[test]
    fn a_map_for_the_rest_takes_any_field() {
        let open = Open::decode_strictly(r#"{"id":"7","x":1}"#).expect("it fits");
        assert_eq!((open.id.as_str(), open.rest["x"].as_u64()), ("7", Some(1)));
    }
}

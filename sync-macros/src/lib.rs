//! The macros of sync: [`macro@sync_handler`] makes a function the handler of its file, and
//! [`macro@SyncError`] gives an enum's variants the codes that clients receive.
//!
//! Apps use them through `sync_runtime`, which this crate's expansions refer to.

mod errors;
mod handler;
mod sync_error;

use proc_macro::{Span, TokenStream};

/// Makes a function the handler of its file.
///
/// In a **server file**, `<name>_server_v<N>.rs`, `auth` says who may use the route:
///
/// | argument | who may use the route |
/// | --- | --- |
/// | `auth = none` | anybody |
/// | `auth = login` | whoever is logged in |
/// | `auth = login(is_admin, owns_room)` | whoever is logged in and whom these functions let through |
///
/// More may be given:
///
/// | argument | meaning |
/// | --- | --- |
/// | `rate_limit = "60/min"` | how often a user may use the route, or an address where nobody is logged in; also in `/s` and `/h`; `off` for no limit. If not given, the configuration's `route_rate_limit` |
/// | `timeout = "30s"` | how long the function may run; also in `ms` and `min`. If not given, the configuration's `handler_timeout` |
/// | `on_disconnect = finish` | a request goes on when the client that made it has gone; otherwise (`cancel`) it is stopped |
/// | `replay` | who joins the room while the function runs gets what its `Broadcast` has sent so far |
/// | `history`, `history(count = 1000, age = "1h")` | deliveries are recorded before they are made, have one order in their room, and a client that comes back gets those it missed. At least the last `count` of a room are kept, for `age` (also in `s`, `min` and `d`), as long as there is space; if not given, the configuration's `history_count` and `history_age` |
///
/// A **`_client` file**, `<name>_client_v<N>.rs`, takes no arguments: it runs once per recipient, of
/// a delivery that its server file has already allowed.
///
/// The function is `pub async fn main`. What it can take is listed at `FromRequest` for server files
/// and at `FromFanout` for `_client` files. It gives back its output, or a `Result` of it and an
/// error with `#[derive(SyncError)]`; a `_client` file's output may be wrapped in `Deliver`.
///
/// ```ignore
/// // src/board/_sync/moveCard_server_v1.rs
/// #[sync_handler(auth = login)]
/// pub async fn main(
///     Input(input): Input<MoveCard>,
///     user: Session<User>,
///     State(db): State<Db>,
/// ) -> Result<CardMoved, MoveCardError> {
///     db.move_card(&input.card_id, &input.to_lane).await?;
///     Ok(CardMoved { card_id: input.card_id, moved_by: user.id.clone() })
/// }
/// ```
#[proc_macro_attribute]
pub fn sync_handler(args: TokenStream, item: TokenStream) -> TokenStream {
    let file = Span::call_site().local_file();
    let kind = file.as_deref().and_then(handler::Kind::of_file);
    handler::expand(kind, args.into(), item.into()).into()
}

/// Gives an enum's variants the codes that clients receive, and makes it the error of a route.
///
/// | on a variant | meaning |
/// | --- | --- |
/// | `code = "board.cardNotFound"` | the stable code; codes that begin with `sync.` are the framework's own |
/// | `status = 404` | the HTTP status that says the same, 400 to 599; 400 if not given |
/// | `message = "No card {card_id}"` | the message for people, in English, with the variant's fields in braces; the first paragraph of the variant's documentation if not given, else the code |
/// | `internal` | not for clients: they hear `sync.serverExecutionFailed`, and the variant's one field is logged |
/// | `from` | with `internal`: the field's type converts into the error, so that `?` works on it |
///
/// The named fields of a variant become the error's parameters.
///
/// ```ignore
/// #[derive(Debug, SyncError)]
/// pub enum MoveCardError {
///     /// The card is gone.
///     #[sync_error(code = "board.cardNotFound", status = 404)]
///     CardNotFound,
///     #[sync_error(code = "board.laneFull", message = "At most {max} cards fit into a lane.")]
///     LaneFull { max: u32 },
///     #[sync_error(internal, from)]
///     Database(sqlx::Error),
/// }
/// ```
#[proc_macro_derive(SyncError, attributes(sync_error))]
pub fn sync_error(item: TokenStream) -> TokenStream {
    sync_error::expand(item.into()).into()
}

//! What an app tells the runtime about itself.

use serde::{Serialize, de::DeserializeOwned};

/// The app's state, and through it the user that its sessions hold.
///
/// The state is what handlers get parts of with [`State`](crate::State); derive
/// [`FromRef`](crate::FromRef) for its fields as with axum.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sync_runtime::{App, SessionUser};
///
/// #[derive(Clone)]
/// struct AppState;
///
/// #[derive(Serialize, Deserialize)]
/// struct User {
///     id: String,
/// }
///
/// impl App for AppState {
///     type User = User;
/// }
///
/// impl SessionUser for User {
///     fn user_id(&self) -> &str {
///         &self.id
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the state of a sync app",
    label = "not a sync app's state",
    note = "implement `sync_runtime::App` for it and say which user its sessions hold: `impl App for {Self} {{ type User = User; }}`"
)]
pub trait App: Clone + Send + Sync + 'static {
    /// Whom a session belongs to.
    type User: SessionUser;
}

/// A user as a session keeps it.
///
/// It is read on every request, so it should be small: what a handler or a predicate needs to decide,
/// not everything that is known of the user. It stays as it was at the login for as long as the session
/// lives: what may change meanwhile belongs into the app's state, or the session is
/// [revoked](crate::Sessions::revoke_user).
pub trait SessionUser: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What identifies the user, the same for all of the user's sessions.
    fn user_id(&self) -> &str;

    /// The language that the user has chosen, a tag such as `nl` or `nl-BE`, if any is known. It counts
    /// where a request's headers name none, or none that there are texts in; see
    /// [`Locale`](crate::Locale).
    fn language(&self) -> Option<&str> {
        None
    }
}

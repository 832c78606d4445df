//! The errors of the JSON API: `{ errorCode, message }`.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use crate::accounts::{AccountError, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN};

/// What a request of the JSON API can be refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ApiError {
    LoginRequired,
    InvalidName,
    InvalidPassword,
    NameTaken,
    InvalidCredentials,
    InvalidBody,
    NotJson,
    TooLarge,
    CrossOrigin,
    NoSuchPath,
    NoSuchMethod,
    /// Logged where it happened; the client learns no more than that.
    Internal,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    error_code: &'static str,
    message: String,
}

impl ApiError {
    /// Logs what happened, for the operator alone.
    pub(super) fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::Internal
    }

    pub(super) fn response<B: From<String>>(self) -> http::Response<B> {
        let (status, error_code, message) = self.parts();
        let body = Body {
            error_code,
            message,
        };
        let body = serde_json::to_string(&body).unwrap_or_default();
        let mut response = http::Response::new(B::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/json"),
        );
        response
    }

    fn parts(self) -> (StatusCode, &'static str, String) {
        use StatusCode as S;
        let (status, code, message) = match self {
            Self::LoginRequired => (S::UNAUTHORIZED, "auth.required", "Log in first."),
            Self::InvalidName => {
                let message = format!(
                    "A name has 1 to {NAME_MAX} letters, digits, '.', '-' or '_', with single spaces between them."
                );
                return (S::BAD_REQUEST, "auth.invalidName", message);
            }
            Self::InvalidPassword => {
                let message =
                    format!("A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.");
                return (S::BAD_REQUEST, "auth.invalidPassword", message);
            }
            Self::NameTaken => (S::CONFLICT, "auth.nameTaken", "This name is taken."),
            Self::InvalidCredentials => (
                S::UNAUTHORIZED,
                "auth.invalidCredentials",
                "The name or the password is wrong.",
            ),
            Self::InvalidBody => (
                S::BAD_REQUEST,
                "request.invalidBody",
                "The body is not the JSON object this request takes.",
            ),
            Self::NotJson => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "request.notJson",
                "The body must be application/json.",
            ),
            Self::TooLarge => (
                S::PAYLOAD_TOO_LARGE,
                "request.tooLarge",
                "The body is too large.",
            ),
            Self::CrossOrigin => (
                S::FORBIDDEN,
                "request.crossOrigin",
                "This request came from a page of another site.",
            ),
            Self::NoSuchPath => (S::NOT_FOUND, "request.notFound", "There is nothing here."),
            Self::NoSuchMethod => (
                S::METHOD_NOT_ALLOWED,
                "request.methodNotAllowed",
                "This path does not take that method.",
            ),
            Self::Internal => (
                S::INTERNAL_SERVER_ERROR,
                "server.failed",
                "Something went wrong on our side.",
            ),
        };
        (status, code, message.to_owned())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.response::<axum::body::Body>()
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::InvalidName => Self::InvalidName,
            AccountError::InvalidPassword => Self::InvalidPassword,
            AccountError::NameTaken => Self::NameTaken,
            AccountError::InvalidCredentials => Self::InvalidCredentials,
            AccountError::Database(e) => Self::internal(e),
            AccountError::Hash(e) => Self::internal(e),
        }
    }
}

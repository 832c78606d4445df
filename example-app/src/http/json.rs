//! Reading JSON bodies, and the answers to requests that no route takes.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// A JSON body. Refuses everything that is not declared to be `application/json`, which a form of
/// another site cannot send.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::NotJson),
            Err(e) if e.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(ApiError::TooLarge),
            Err(_) => Err(ApiError::InvalidBody),
        }
    }
}

pub(super) async fn no_such_path() -> ApiError {
    ApiError::NoSuchPath
}

pub(super) async fn no_such_method() -> ApiError {
    ApiError::NoSuchMethod
}

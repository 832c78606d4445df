//! Where an assistant is found, and the key to it.

use std::fmt;
use std::time::Duration;

/// An OpenAI-compatible endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What `/chat/completions` comes after, such as `http://localhost:11434/v1`.
    pub base_url: String,
    /// Sent as `Authorization: Bearer`.
    pub key: ApiKey,
    /// The name of the model.
    pub model: String,
    /// How long it may be silent, before an answer and between two of its pieces.
    pub patience: Duration,
}

/// The secret that an endpoint asks for. Appears in no log and no error: it has no `Display`, and its
/// `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// What is wrong with how an endpoint is set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No URL that requests could be sent to.
    #[error("is no http or https URL")]
    Url,
    /// Nothing that fits into a header.
    #[error("holds characters that no key has")]
    Key,
    /// The HTTP client cannot be made.
    #[error("no HTTP client: {0}")]
    Client(String),
}

impl Endpoint {
    /// The model that is asked when none is named.
    pub const DEFAULT_MODEL: &str = "gpt-4o-mini";
    /// Large models think for some seconds before the first word; nobody waits longer than this.
    pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(30);

    /// An endpoint, its URL checked and without a slash at the end.
    pub fn new(base_url: &str, key: ApiKey, model: String) -> Result<Self, EndpointError> {
        let url = reqwest::Url::parse(base_url).map_err(|_| EndpointError::Url)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(EndpointError::Url);
        }
        Ok(Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            key,
            model,
            patience: Self::DEFAULT_PATIENCE,
        })
    }
}

impl ApiKey {
    /// A key of visible ASCII characters.
    pub fn new(key: String) -> Result<Self, EndpointError> {
        let good = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        good.then_some(Self(key)).ok_or(EndpointError::Key)
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_an_http_url_and_a_key_that_fits_into_a_header() -> Result<(), EndpointError>
    {
        let key = ApiKey::new("sk-secret".into())?;
        let endpoint = Endpoint::new("https://models.test/v1/", key.clone(), "m".into())?;
        assert_eq!(endpoint.base_url, "https://models.test/v1");
        for url in [
            "",
            "models.test",
            "ftp://models.test",
            "http://",
            "file:///etc",
        ] {
            let refused = Endpoint::new(url, key.clone(), "m".into());
            assert_eq!(refused, Err(EndpointError::Url), "{url}");
        }
        for key in ["", "two words", "line\nbreak", "schlüssel"] {
            assert_eq!(ApiKey::new(key.into()), Err(EndpointError::Key), "{key:?}");
        }
        Ok(())
    }

    #[test]
    fn a_key_is_not_in_what_is_logged() -> Result<(), EndpointError> {
        let key = ApiKey::new("sk-secret".into())?;
        let endpoint = Endpoint::new("https://models.test/v1", key, "m".into())?;
        assert!(!format!("{endpoint:?}").contains("secret"));
        Ok(())
    }
}

//! In which language somebody is spoken to, and the messages of errors in languages.

mod header;
mod messages;
mod tag;
mod template;

use std::sync::Arc;

pub use self::messages::Messages;
pub(crate) use self::{header::Asked, tag::is_tag};

/// What messages are in that nobody has translated: those of the framework, and those that the app's
/// error types have in their attributes.
pub(crate) const SOURCE_LANGUAGE: &str = "en";

/// The languages that somebody reads, as far as they are known; the preferred one first.
///
/// They are those that the request's header `x-language` names (of a socket, its handshake's), then those of
/// `accept-language`, then [`SessionUser::language`](crate::SessionUser::language), then
/// [`Config::default_language`](crate::Config::default_language). A server file takes it as the sender's, a
/// `_client` file as the recipient's. Errors are in these languages by themselves, as far as there
/// are [`Messages`].
///
/// ```
/// use sync_runtime::Locale;
///
/// fn greeting(locale: &Locale) -> &'static str {
///     match locale.choose(["en", "nl"]) {
///         Some("nl") => "Goedendag!",
///         _ => "Good day!",
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locale(Arc<str>);

/// Between the tags.
const COMMA: char = ',';

impl Default for Locale {
    /// English alone.
    fn default() -> Self {
        Self(SOURCE_LANGUAGE.into())
    }
}

impl Locale {
    /// What the headers ask for, then the session's language, then the default.
    pub(crate) fn new(asked: &Asked, of_session: Option<&str>, default: &str) -> Self {
        let mut languages = asked.clone();
        let others = of_session.into_iter().chain([default]);
        others.for_each(|language| languages.add(language));
        Self(languages.into_list().into())
    }

    /// The preferred language, a tag such as `nl` or `nl-BE`.
    pub fn language(&self) -> &str {
        self.languages().next().unwrap_or_default()
    }

    /// All of them, the preferred one first.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.0.split(COMMA)
    }

    /// The best of those that there are. `nl-BE` is served by `nl`, but not the other way around.
    pub fn choose<'a>(&self, available: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let available: Vec<_> = available.into_iter().collect();
        let mut ways = self.languages().flat_map(tag::ways);
        ways.find_map(|wanted| {
            let mut available = available.iter();
            available.find(|known| known.eq_ignore_ascii_case(wanted))
        })
        .copied()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn locale(headers: &[(&'static str, &'static str)], of_session: Option<&str>) -> String {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_static(value);
            (HeaderName::from_static(name), value)
        });
        let asked = Asked::of(&headers.collect());
        let locale = Locale::new(&asked, of_session, "en");
        locale.languages().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn x_language_comes_before_accept_language_before_the_session_before_the_default() {
        let headers = [
            ("accept-language", "de;q=0.5, fr-CH"),
            ("x-language", "nl_be"),
        ];
        assert_eq!(locale(&headers, Some("it")), "nl-BE fr-CH de it en");
        assert_eq!(locale(&headers[..1], Some("it")), "fr-CH de it en");
        assert_eq!(locale(&[], Some("it")), "it en");
        assert_eq!(locale(&[], None), "en");
        assert_eq!(locale(&[("x-language", "EN")], Some("de")), "en de");
    }

    #[test]
    fn the_best_of_those_there_are_is_chosen() {
        let asked = HeaderMap::from_iter([(
            http::header::ACCEPT_LANGUAGE,
            HeaderValue::from_static("fr, zh-Hant-TW, nl"),
        )]);
        let locale = Locale::new(&Asked::of(&asked), None, "en");
        assert_eq!(locale.language(), "fr");
        assert_eq!(locale.choose(["en", "nl", "zh-hant"]), Some("zh-hant"));
        assert_eq!(locale.choose(["en", "nl"]), Some("nl"));
        assert_eq!(locale.choose(["de", "fr-CA"]), None);
    }
}

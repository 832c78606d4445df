//! The languages that a request's headers ask for.

use std::cmp::Reverse;

use http::{HeaderMap, HeaderValue, header::ACCEPT_LANGUAGE};

use super::{COMMA, tag};

/// Names the one language that a client has set itself to.
const X_LANGUAGE: &str = "x-language";

/// How many languages are kept of what headers ask for. Browsers send up to six.
const MAX_LANGUAGES: usize = 8;

/// How many entries of `accept-language` are looked at.
const MAX_ENTRIES: usize = 32;

/// A weight of 1, in the thousandths that weights come in.
const WHOLE: u16 = 1000;

/// The languages that headers ask for, the preferred one first, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked(String);

impl Asked {
    /// Reads `x-language`, then `accept-language`.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut asked = Self::default();
        let own = headers.get(X_LANGUAGE).and_then(text);
        let accepted = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(text);
        let accepted = by_weight(accepted.flat_map(|list| list.split(COMMA)));
        let languages = own.into_iter().chain(accepted);
        languages
            .take(MAX_LANGUAGES)
            .for_each(|language| asked.add(language));
        asked
    }

    /// Adds a language behind the others, if it is one and not among them.
    pub(super) fn add(&mut self, language: &str) {
        let Some(tag) = tag::canonical(language.trim()) else {
            return;
        };
        if self.0.split(COMMA).any(|known| known == tag) {
            return;
        }
        if !self.0.is_empty() {
            self.0.push(COMMA);
        }
        self.0.push_str(&tag);
    }

    /// The tags, separated by commas.
    pub(super) fn into_list(self) -> String {
        self.0
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

/// The languages of the entries, those of the same weight in their order. What has no weight that is
/// one, and what is refused with a weight of zero, is left out.
fn by_weight<'a>(entries: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let weighed = entries.take(MAX_ENTRIES).filter_map(|entry| {
        let (language, weight) = match entry.split_once(';') {
            None => (entry, WHOLE),
            Some((language, parameter)) => (language, weight(parameter)?),
        };
        (weight > 0).then_some((language, weight))
    });
    let mut weighed: Vec<_> = weighed.collect();
    weighed.sort_by_key(|(_, weight)| Reverse(*weight));
    weighed.into_iter().map(|(language, _)| language)
}

/// `q=0.5` in thousandths; RFC 9110 allows three digits behind the point.
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.trim().split_once('=')?;
    if !name.eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, rest) = value.split_once('.').unwrap_or((value, ""));
    let are_digits = rest.bytes().all(|byte| byte.is_ascii_digit());
    if rest.len() > 3 || !are_digits {
        return None;
    }
    let thousandths = format!("{rest:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(WHOLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accepted: &[&str]) -> String {
        let headers = accepted.iter().map(|value| {
            let value = HeaderValue::from_str(value).expect("a header's value");
            (ACCEPT_LANGUAGE, value)
        });
        // Collected, later ones would take the place of earlier ones.
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        Asked::of(&map).0
    }

    #[test]
    fn languages_come_in_the_order_of_their_weights() {
        assert_eq!(
            asked(&["da, en-gb;q=0.8, en;q=0.7, nl;q=0.75"]),
            "da,en-GB,nl,en"
        );
        assert_eq!(asked(&["de;q=0.5", "fr;q=0.5,nl;q=1.000"]), "nl,de,fr");
        assert_eq!(asked(&["nl ; Q=0.1 , de"]), "de,nl");
    }

    #[test]
    fn what_is_refused_or_odd_is_left_out() {
        for odd in [
            "",
            ",,",
            "*",
            "nl;q=0",
            "nl;q=0.000",
            "nl;q=2",
            "nl;q=1.1",
            "nl;q=-1",
            "nl;q=",
            "nl;q",
            "nl;q=0.1234",
            "nl;q=1e-1",
            "nl;v=1",
            "!;q=1",
        ] {
            assert_eq!(asked(&[odd]), "", "{odd}");
        }
    }

    #[test]
    fn what_is_kept_of_endless_headers_is_bounded() {
        let many: Vec<_> = ('a'..='z')
            .flat_map(|one| ('a'..='z').map(move |other| format!("{one}{other}")))
            .collect();
        let kept = asked(&[&many.join(",")]);
        assert_eq!(kept.split(',').count(), MAX_LANGUAGES);
        assert_eq!(asked(&[&"nl,".repeat(1000)]), "nl");
    }
}

//! The texts of errors by language.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use super::{Locale, SOURCE_LANGUAGE, tag, template::Template};
use crate::Failure;

/// What errors say to people, by language and code.
///
/// Without any, all errors are in English: those of the framework, and those of the app as its error
/// types word them. A language that is added can have texts for both:
///
/// ```
/// use sync_runtime::Messages;
///
/// let messages = Messages::new().add(
///     "nl",
///     [
///         ("auth.required", "Log eerst in."),
///         ("board.cardNotFound", "Kaart {cardId} bestaat niet."),
///     ],
/// );
/// ```
///
/// `{cardId}` stands for the error's parameter of that name, as clients see it in `errorParams`;
/// `{{` and `}}` are braces. A text that names a parameter which the error does not have is passed over.
///
/// Whoever hears of an error hears of it in the first language of their [`Locale`] that has a text for it.
/// `nl-BE` is served by `nl`, and English by what is in the code, if no `en` was added.
///
/// A catalogue can as well be a file, for translators:
///
/// ```
/// use std::collections::BTreeMap;
/// use sync_runtime::Messages;
///
/// # fn main() -> Result<(), serde_json::Error> {
/// let nl = r#"{ "auth.required": "Log eerst in." }"#; // include_str!("../messages/nl.json")
/// let nl: BTreeMap<String, String> = serde_json::from_str(nl)?;
/// let messages = Messages::new().add("nl", nl);
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct Messages {
    languages: BTreeMap<String, HashMap<String, Template>>,
    /// The first thing that is wrong with them.
    problem: Option<MessagesProblem>,
}

/// What cannot be used as messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessagesProblem {
    pub(crate) given: String,
    pub(crate) takes: &'static str,
}

impl Messages {
    /// None but those in the code.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds texts in a language, each with the code of its error. A later text takes the place of an
    /// earlier one.
    ///
    /// What is wrong with them, [`SyncServerBuilder::build`](crate::SyncServerBuilder::build) says: a
    /// language that is none, or a brace that is not closed.
    #[must_use]
    pub fn add<C, T>(mut self, language: &str, texts: impl IntoIterator<Item = (C, T)>) -> Self
    where
        C: Into<String>,
        T: AsRef<str>,
    {
        let Some(tag) = tag::canonical(language) else {
            let takes = "language tags such as `nl` or `nl-BE`";
            return self.with_problem(format!("{language:?} as a language"), takes);
        };
        for (code, text) in texts {
            let (code, text) = (code.into(), text.as_ref());
            let Some(template) = Template::parse(text) else {
                let takes = "texts in which every brace has its fellow, as in `{cardId}`";
                return self.with_problem(
                    format!("{text:?} as the text of `{code}` in `{tag}`"),
                    takes,
                );
            };
            let texts = self.languages.entry(tag.clone()).or_default();
            texts.insert(code, template);
        }
        self
    }

    fn with_problem(mut self, given: String, takes: &'static str) -> Self {
        self.problem.get_or_insert(MessagesProblem { given, takes });
        self
    }

    /// The first thing that is wrong with them, if anything is.
    pub(crate) fn problem(&self) -> Option<&MessagesProblem> {
        self.problem.as_ref()
    }

    /// Whether an error is the same to everybody.
    pub(crate) fn are_same_for_all(&self, failure: &Failure) -> bool {
        let mut languages = self.languages.values();
        !languages.any(|texts| texts.contains_key(failure.code()))
    }

    /// What an error says to somebody, where that is not what it says itself.
    pub(crate) fn text(&self, failure: &Failure, locale: &Locale) -> Option<String> {
        for language in locale.languages().flat_map(tag::ways) {
            let texts = self.languages.get(language);
            let template = texts.and_then(|texts| texts.get(failure.code()));
            if let Some(text) = template.and_then(|template| template.fill(failure)) {
                return Some(text);
            }
            if language == SOURCE_LANGUAGE {
                return None;
            }
        }
        None
    }

    /// An error in the words of somebody.
    pub(crate) fn translated(&self, mut failure: Failure, locale: &Locale) -> Failure {
        if let Some(text) = self.text(&failure, locale) {
            failure.say(text);
        }
        failure
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let languages = self.languages.iter();
        let counts = languages.map(|(language, texts)| (language, texts.len()));
        f.debug_map().entries(counts).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Asked;

    fn messages() -> Messages {
        Messages::new()
            .add(
                "nl",
                [("board.gone", "Kaart {card} is weg."), ("a.b", "nl")],
            )
            .add("nl-be", [("a.b", "nl-BE")])
            .add("de", [("a.b", "de {missing}")])
    }

    fn said(code: &'static str, languages: &[&str]) -> String {
        let mut asked = Asked::default();
        for language in languages {
            asked.add(language);
        }
        let locale = Locale::new(&asked, None, "en");
        let failure = Failure::new(code, "English").param("card", 7);
        messages().translated(failure, &locale).message().to_owned()
    }

    #[test]
    fn an_error_is_in_the_first_language_that_has_a_text_for_it() {
        assert_eq!(said("board.gone", &["nl"]), "Kaart 7 is weg.");
        assert_eq!(said("a.b", &["nl-BE"]), "nl-BE");
        assert_eq!(said("a.b", &["nl-NL"]), "nl");
        assert_eq!(said("board.gone", &["nl-BE"]), "Kaart 7 is weg.");
        assert_eq!(said("a.b", &["fr", "nl"]), "nl");
        // What cannot be filled in is passed over.
        assert_eq!(said("a.b", &["de", "nl"]), "nl");
    }

    #[test]
    fn english_is_what_is_in_the_code() {
        assert_eq!(said("board.gone", &[]), "English");
        assert_eq!(said("board.gone", &["en-GB", "nl"]), "English");
        assert_eq!(said("x.y", &["nl"]), "English");
        let own = Messages::new().add("en", [("a.b", "Own")]);
        let failure = Failure::new("a.b", "English");
        let text = own.text(&failure, &Locale::default());
        assert_eq!(text.as_deref(), Some("Own"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |messages: Messages| messages.problem().map(|problem| problem.given.clone());
        let given = wrong(messages().add("Nederlands!", [("a.b", "c")]));
        assert_eq!(given.as_deref(), Some("\"Nederlands!\" as a language"));
        let given = wrong(messages().add("nl", [("a.b", "Kaart {card")]));
        let expected = "\"Kaart {card\" as the text of `a.b` in `nl`";
        assert_eq!(given.as_deref(), Some(expected));
        assert_eq!(wrong(messages()), None);
    }
}

//! What is wrong with a setting, in the words of whoever wrote it.

use std::fmt;

use figment::{
    Figment, Metadata,
    error::{Actual, Kind, OneOf},
};

/// A setting that cannot work: it names the setting, what was given, where that came from, and what
/// the setting takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(Problem);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    Wrong {
        setting: String,
        given: String,
        source: Option<String>,
        takes: String,
    },
    Unknown {
        setting: String,
        source: Option<String>,
        known: String,
    },
    File {
        file: String,
        reason: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let within = |f: &mut fmt::Formatter<'_>, source: &Option<String>| match source {
            Some(source) => write!(f, " in {source}"),
            None => Ok(()),
        };
        match &self.0 {
            Problem::Wrong {
                setting,
                given,
                source,
                takes,
            } => {
                write!(f, "`{setting}`")?;
                within(f, source)?;
                write!(f, " is {given}: it takes {takes}")
            }
            Problem::Unknown {
                setting,
                source,
                known,
            } => {
                write!(f, "`{setting}`")?;
                within(f, source)?;
                write!(f, " is not a setting: there is {known}")
            }
            Problem::File { file, reason } => write!(f, "{file} cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// A setting whose value has the right type and cannot work all the same.
    pub(crate) fn wrong(setting: &str, given: impl Into<String>, takes: impl Into<String>) -> Self {
        Self(Problem::Wrong {
            setting: setting.into(),
            given: given.into(),
            source: None,
            takes: takes.into(),
        })
    }

    /// A file that cannot be read as settings at all.
    pub(super) fn file(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self(Problem::File {
            file: file.into(),
            reason: reason.into(),
        })
    }

    /// Adds where the setting came from, unless it came from the code.
    pub(super) fn found_in(mut self, figment: &Figment) -> Self {
        if let Problem::Wrong {
            setting, source, ..
        } = &mut self.0
        {
            *source = figment.find_metadata(setting).and_then(place);
        }
        self
    }

    /// A setting that was given in the wrong form, or that does not exist.
    pub(super) fn of(error: figment::Error) -> Self {
        let source = error.metadata.as_ref().and_then(place);
        let setting = error.path.join(".");
        let wrong = |given: String, takes: String| {
            Self(Problem::Wrong {
                setting: setting.clone(),
                given,
                source: source.clone(),
                takes,
            })
        };
        match error.kind {
            Kind::UnknownField(_, known) => Self(Problem::Unknown {
                setting,
                source,
                known: OneOf(known).to_string().replacen("one of ", "", 1),
            }),
            Kind::UnknownVariant(given, known) => {
                wrong(format!("{given:?}"), OneOf(known).to_string())
            }
            Kind::InvalidType(given, takes) | Kind::InvalidValue(given, takes) => {
                wrong(said(given), in_words(takes))
            }
            Kind::MissingField(field) => Self::wrong(&field, "missing", "a value"),
            Kind::Message(_) if setting.is_empty() => Self::file(
                source.unwrap_or_else(|| "the configuration".into()),
                error.kind.to_string(),
            ),
            kind => wrong("not right".into(), kind.to_string()),
        }
    }
}

/// Where a value was written, as a person calls it. The code's own settings have no such place.
fn place(metadata: &Metadata) -> Option<String> {
    let is_written = metadata.source.is_some() || metadata.name != super::load::FROM_CODE;
    is_written.then(|| match &metadata.source {
        Some(source) => source.to_string(),
        None => metadata.name.to_string(),
    })
}

fn said(given: Actual) -> String {
    match given {
        Actual::Str(text) => format!("{text:?}"),
        Actual::Bool(given) => given.to_string(),
        Actual::Unsigned(given) => given.to_string(),
        Actual::Signed(given) => given.to_string(),
        Actual::Float(given) => given.to_string(),
        Actual::Seq => "a list".into(),
        Actual::Map => "a table".into(),
        other => other.to_string(),
    }
}

/// What serde expects, as a person would say it.
fn in_words(takes: String) -> String {
    match takes.as_str() {
        "a boolean" => "true or false".into(),
        "usize" | "u64" | "u32" => "a whole number".into(),
        "u16" => "a whole number up to 65535".into(),
        "u8" => "a whole number up to 255".into(),
        "f64" | "f32" => "a number".into(),
        "a string" => "text".into(),
        _ => takes,
    }
}

//! The forms in which settings are written: durations with their units, rates and lists.

/// A duration with its unit: `"30s"`, `"1m 30s"`, `"500ms"`.
///
/// A bare number is refused: whether it were seconds or milliseconds would be a guess.
pub(super) mod duration {
    use std::{fmt, time::Duration};

    use serde::{Deserializer, Serializer, de};

    pub(in crate::config) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*duration))
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        deserializer.deserialize_any(Text)
    }

    struct Text;

    impl de::Visitor<'_> for Text {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration with its unit, such as \"30s\" or \"500ms\"")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
            humantime::parse_duration(text)
                .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
}

/// A list of texts; in a variable, which can only be one text, separated by commas.
pub(super) mod list {
    use std::fmt;

    use serde::{
        Deserializer,
        de::{self, SeqAccess},
    };

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<String>, D::Error> {
        deserializer.deserialize_any(Texts)
    }

    struct Texts;

    impl<'de> de::Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts (in a variable: separated by commas)")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            let items = text.split(',').map(str::trim);
            Ok(items
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = items.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }
}

/// A rate, `"60/min"`, or `"off"` for none.
pub(super) mod rate {
    use std::fmt;

    use serde::{Deserializer, Serializer, de};

    use crate::Rate;

    const OFF: &str = "off";

    #[expect(clippy::ref_option, reason = "serde gives it so")]
    pub(in crate::config) fn serialize<S: Serializer>(
        rate: &Option<Rate>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match rate {
            Some(rate) => serializer.collect_str(rate),
            None => serializer.serialize_str(OFF),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Rate>, D::Error> {
        deserializer.deserialize_any(Text)
    }

    struct Text;

    impl de::Visitor<'_> for Text {
        type Value = Option<Rate>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a rate such as \"60/min\" or \"5/s\", or \"off\"")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<Rate>, E> {
            if text == OFF {
                return Ok(None);
            }
            match text.parse() {
                Ok(rate) => Ok(Some(rate)),
                Err(_) => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
            }
        }
    }
}

/// A list of networks; a single address is a network of one.
pub(super) mod networks {
    use std::net::IpAddr;

    use ipnet::IpNet;
    use serde::{Deserializer, de};

    use super::list;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<IpNet>, D::Error> {
        let texts = list::deserialize(deserializer)?;
        texts.iter().map(|text| network(text)).collect()
    }

    fn network<E: de::Error>(text: &str) -> Result<IpNet, E> {
        let address = || text.parse().map(|address: IpAddr| address.into());
        text.parse().or_else(|_| address()).map_err(|_| {
            let expected = "networks such as \"10.0.0.0/8\", or addresses";
            E::invalid_value(de::Unexpected::Str(text), &expected)
        })
    }
}

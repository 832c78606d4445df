//! Places in the order of a room.

use std::{fmt, sync::Arc};

/// The longest epoch that is looked at, in bytes.
const MAX_EPOCH_BYTES: usize = 64;

/// One life of a log. What one life has counted says nothing about another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Epoch(Arc<str>);

impl Epoch {
    pub(crate) fn new(name: String) -> Self {
        Self(name.into())
    }

    #[cfg(feature = "redis")]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The place of an entry in the order of its room: `<epoch>:<number>` on the wire. The first entry of
/// an epoch has the number 1, and 0 is before all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offset {
    pub(crate) epoch: Epoch,
    pub(crate) number: u64,
}

impl Offset {
    /// An offset as a client sent it back, or `None` when it cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (epoch, number) = text.split_once(':')?;
        let is_epoch = (1..=MAX_EPOCH_BYTES).contains(&epoch.len())
            && epoch
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        if !is_epoch || !is_number {
            return None;
        }
        Some(Self {
            epoch: Epoch(epoch.into()),
            number: number.parse().ok()?,
        })
    }

    /// Whether nothing is between another one and it.
    pub(crate) fn follows(&self, other: &Self) -> bool {
        let before = if self.epoch == other.epoch {
            other.number
        } else {
            0
        };
        self.number == before + 1
    }

    /// The place before all others of its epoch.
    pub(crate) fn first(&self) -> Self {
        Self {
            epoch: self.epoch.clone(),
            number: 0,
        }
    }

    /// Whether it is as far as another one of the same epoch. Those of two epochs do not compare.
    pub(crate) fn reaches(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.number >= other.number
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch.0, self.number)
    }
}

impl serde::Serialize for Offset {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_back_from_its_text() {
        let offset = Offset {
            epoch: Epoch::new("0a-3".into()),
            number: 42,
        };
        assert_eq!(offset.to_string(), "0a-3:42");
        assert_eq!(Offset::parse("0a-3:42"), Some(offset));
    }

    #[test]
    fn what_cannot_be_an_offset_is_none() {
        let long = format!("{}:1", "a".repeat(MAX_EPOCH_BYTES + 1));
        for text in [
            "",
            ":",
            "a",
            "a:",
            ":1",
            "a:-1",
            "a:+1",
            "a:1.5",
            "a:1:2",
            "a b:1",
            "é:1",
            "__proto__:1",
            "a:99999999999999999999",
            &long,
        ] {
            assert_eq!(Offset::parse(text), None, "{text}");
        }
    }

    #[test]
    fn offsets_of_two_epochs_do_not_compare() {
        let offset = |text: &str| Offset::parse(text).expect("an offset");
        assert!(offset("a:2").reaches(&offset("a:2")));
        assert!(!offset("a:1").reaches(&offset("a:2")));
        assert!(!offset("b:9").reaches(&offset("a:2")));
    }
}

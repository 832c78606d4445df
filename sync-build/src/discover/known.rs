//! Remembers what handler files held, from one build to the next.
//!
//! Build scripts run unoptimised: parsing a handler file of 4 KB takes 7 ms then, and a build of an
//! app with 200 routes would begin with two seconds of it. Mostly, one file has changed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::model::Handler;

/// Another version may look at files with other eyes.
const HEADER: &str = concat!("sync-build ", env!("CARGO_PKG_VERSION"));

/// What files held, by a hash of their text.
#[derive(Debug, Default)]
pub struct Known {
    before: BTreeMap<u64, Handler>,
    now: BTreeMap<u64, Handler>,
}

impl Known {
    /// What an earlier build wrote to `path`; nothing, if that is no help.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut lines = text.lines();
        let before = if lines.next() == Some(HEADER) {
            lines.filter_map(entry).collect()
        } else {
            BTreeMap::new()
        };
        Self {
            before,
            now: BTreeMap::new(),
        }
    }

    /// Leaves the next build what this one has seen. Without it that build is slower, no more.
    pub fn write(&self, path: &Path) {
        if self.before == self.now {
            return;
        }
        let mut text = format!("{HEADER}\n");
        for (hash, handler) in &self.now {
            let word = match handler {
                Handler::Found => "found",
                Handler::Missing => "missing",
                Handler::Unclear => "unclear",
            };
            let _ = writeln!(text, "{hash:016x} {word}");
        }
        let _ = fs::write(path, text);
    }

    pub(super) fn or_look(&mut self, text: &str, look: impl FnOnce(&str) -> Handler) -> Handler {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let hash = hasher.finish();
        let handler = self
            .before
            .get(&hash)
            .copied()
            .unwrap_or_else(|| look(text));
        self.now.insert(hash, handler);
        handler
    }
}

fn entry(line: &str) -> Option<(u64, Handler)> {
    let (hash, word) = line.split_once(' ')?;
    let handler = match word {
        "found" => Handler::Found,
        "missing" => Handler::Missing,
        "unclear" => Handler::Unclear,
        _ => return None,
    };
    Some((u64::from_str_radix(hash, 16).ok()?, handler))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_looked_at_once_as_long_as_its_text_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("known");
        let mut looked = Vec::new();
        for texts in [["a", "b"], ["a", "b"], ["a", "c"], ["a", "b"]] {
            let mut known = Known::read(&path);
            for text in texts {
                let handler = known.or_look(text, |text| {
                    looked.push(text.to_owned());
                    Handler::Missing
                });
                assert_eq!(handler, Handler::Missing);
            }
            known.write(&path);
        }
        // `b` was gone for a build, so it is forgotten: the list does not grow without end.
        assert_eq!(looked, ["a", "b", "c", "b"]);
    }

    #[test]
    fn what_another_version_or_nobody_wrote_is_not_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("known");
        for text in [
            "",
            "sync-build 0.0.0\n0000000000000000 found\n",
            "\u{0}\u{1}",
            &format!("{HEADER}\nfound\n"),
        ] {
            fs::write(&path, text).expect("it can be written");
            assert!(Known::read(&path).before.is_empty(), "{text}");
        }
    }
}

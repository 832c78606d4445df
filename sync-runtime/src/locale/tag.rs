//! Language tags, of the form of RFC 5646 and of bounded length.

/// The longest tag that is looked at, in bytes: what RFC 5646 asks to be able to store.
const MAX_BYTES: usize = 35;

/// Whether a text has the form of a language tag.
pub(crate) fn is_tag(text: &str) -> bool {
    canonical(text).is_some()
}

/// A tag as RFC 5646 spells it, `nl-BE` or `zh-Hant-TW`; none if it is no tag.
pub(super) fn canonical(text: &str) -> Option<String> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut tag = String::with_capacity(text.len());
    for (index, part) in text.split(['-', '_']).enumerate() {
        let is_first = index == 0;
        let fits = match part.len() {
            0 | 9.. => false,
            1 => !is_first,
            _ => true,
        };
        let allowed = |c: char| c.is_ascii_alphabetic() || (!is_first && c.is_ascii_digit());
        if !fits || !part.chars().all(allowed) {
            return None;
        }
        if !is_first {
            tag.push('-');
        }
        let start = tag.len();
        tag.push_str(&part.to_ascii_lowercase());
        match part.len() {
            2 if !is_first => tag[start..].make_ascii_uppercase(),
            4 if !is_first => tag[start..=start].make_ascii_uppercase(),
            _ => {}
        }
    }
    Some(tag)
}

/// A tag and, from the nearest to the furthest, those that serve for it: `nl-BE`, `nl`.
pub(super) fn ways(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| {
        let (shorter, _) = tag.rsplit_once('-')?;
        Some(shorter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_spelled_in_one_way() {
        for (text, tag) in [
            ("NL", "nl"),
            ("nl-be", "nl-BE"),
            ("nl_BE", "nl-BE"),
            ("ZH-hANT-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("de-x-Odd", "de-x-odd"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(tag));
        }
    }

    #[test]
    fn what_is_no_tag_is_none() {
        for text in [
            "",
            "-",
            "n",
            "nl-",
            "nl--BE",
            "nl BE",
            "*",
            "42",
            "nl,en",
            "nëd",
            "nederlandse",
            "nl-abcdefghi",
            &"aa-".repeat(20),
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn a_tag_is_served_by_those_it_begins_with() {
        let served_by: Vec<_> = ways("zh-Hant-TW").collect();
        assert_eq!(served_by, ["zh-Hant-TW", "zh-Hant", "zh"]);
    }
}

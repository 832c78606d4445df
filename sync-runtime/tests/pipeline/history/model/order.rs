//! What members remember of a run, and whether it is what they were promised.

use std::collections::HashMap;

use super::{SHAPED, epoch, number};

/// One connection of a member, as it remembers it.
#[derive(Debug)]
pub struct Stay {
    pub begin: Begin,
    pub heard: Vec<(String, String)>,
}

#[derive(Debug)]
pub enum Begin {
    /// It joined the room here.
    Joined(String),
    /// It goes on from here, where its last stay ended.
    Resumed(String),
    /// It tried to go on from the first, and was told to go on from the second.
    Lost(String, String),
    /// It went on without resuming, and was told that it had been sent everything up to here.
    WentOn(String),
}

/// All that was said, in its order.
pub struct Order<'a> {
    pub seed: u64,
    pub said: &'a [&'a (String, String)],
    pub places: &'a HashMap<&'a String, usize>,
}

impl Order<'_> {
    pub fn check(&self, name: &str, stay: &Stay) {
        let mut heard = stay.heard.iter().map(|(at, said)| {
            let place = self.places.get(at);
            let place =
                *place.unwrap_or_else(|| panic!("seed {}: {name}: what is {at}?", self.seed));
            assert_eq!(&self.said[place].1, said, "seed {}: {name}", self.seed);
            place
        });
        let next = match &stay.begin {
            Begin::Resumed(at) => self.after(at),
            Begin::Joined(at) | Begin::WentOn(at) => {
                // It may have been sent some before it was told.
                let Some(first) = heard.next() else { return };
                let after = self.after(at);
                assert!(after.is_none_or(|after| first <= after || self.none_between(name, after, first)),
                    "seed {}: {name} missed something before {first}", self.seed);
                Some(first + 1)
            }
            Begin::Lost(last, told) => {
                let (last, told) = (self.after(last), self.after(told));
                let begun: Vec<_> = heard.collect();
                let (before, after): (Vec<_>, Vec<_>) = begun
                    .into_iter()
                    .partition(|place| told.is_some_and(|told| *place < told));
                self.follow(name, stay, last, before.into_iter());
                self.follow(name, stay, told, after.into_iter());
                return;
            }
        };
        self.follow(name, stay, next, heard);
    }

    /// What is heard from a place on, where that is known.
    fn follow(
        &self,
        name: &str,
        stay: &Stay,
        next: Option<usize>,
        heard: impl Iterator<Item = usize>,
    ) {
        let mut next = next;
        for place in heard {
            let expected = next.unwrap_or(place);
            assert!(
                place >= expected,
                "seed {}: {name} heard {place} again in {stay:#?} of {:#?}",
                self.seed,
                self.said
            );
            assert!(
                self.none_between(name, expected, place),
                "seed {}: {name} missed something between {expected} and {place} in {stay:#?} of {:#?}",
                self.seed,
                self.said
            );
            next = Some(place + 1);
        }
    }

    /// Whether nothing from one place up to another was for somebody.
    fn none_between(&self, name: &str, from: usize, to: usize) -> bool {
        self.said[from..to]
            .iter()
            .all(|(_, said)| !is_for(name, said))
    }

    /// The place after an offset. That of one that is before all of an epoch of which nothing was heard
    /// cannot be known.
    fn after(&self, at: &String) -> Option<usize> {
        if number(at) > 0 {
            return self.places.get(at).map(|place| place + 1);
        }
        self.said
            .iter()
            .position(|(other, _)| epoch(other) == epoch(at))
    }
}

/// Whether something said is for somebody.
fn is_for(name: &str, said: &str) -> bool {
    let words: Vec<_> = said.split(' ').collect();
    let [_, sender, ignores_self, route] = words[..] else {
        panic!("what is {said}?");
    };
    let is_own = sender == name && ignores_self == "true";
    let is_skipped = name == "deaf" && route == SHAPED;
    !is_own && !is_skipped
}

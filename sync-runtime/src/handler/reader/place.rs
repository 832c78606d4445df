//! Where in an input a reader is.

use std::{cell::RefCell, fmt::Write, iter::successors};

use serde_json::Error;

/// A place, as a chain up to the whole input. It is on the stack, so that it costs nothing until somebody
/// wants to know it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// The whole input.
    Root,
    Index {
        parent: &'a Place<'a>,
        index: usize,
    },
    /// A value in a map or a struct.
    Entry {
        parent: &'a Place<'a>,
        key: &'a str,
    },
    Variant {
        parent: &'a Place<'a>,
        name: &'a str,
    },
    /// Within an `Option`, a newtype, or a variant that holds one value.
    Inside {
        parent: &'a Place<'a>,
    },
}

impl<'a> Place<'a> {
    pub(super) fn index(&'a self, index: usize) -> Self {
        Self::Index {
            parent: self,
            index,
        }
    }

    pub(super) fn entry(&'a self, key: &'a str) -> Self {
        Self::Entry { parent: self, key }
    }

    pub(super) fn variant(&'a self, name: &'a str) -> Self {
        Self::Variant { parent: self, name }
    }

    pub(super) fn inside(&'a self) -> Self {
        Self::Inside { parent: self }
    }

    fn parent(&self) -> Option<&'a Self> {
        match *self {
            Self::Root => None,
            Self::Index { parent, .. }
            | Self::Entry { parent, .. }
            | Self::Variant { parent, .. }
            | Self::Inside { parent } => Some(parent),
        }
    }

    fn steps(&self) -> Vec<&Self> {
        let mut places: Vec<_> = successors(Some(self), |place| place.parent()).collect();
        places.reverse();
        places
    }

    /// As people write it: `items[1].count`.
    fn of_a_misfit(&self) -> String {
        let mut path = String::new();
        for place in self.steps() {
            let name = match *place {
                Self::Root | Self::Inside { .. } => continue,
                Self::Index { index, .. } => {
                    _ = write!(path, "[{index}]");
                    continue;
                }
                Self::Entry { key: name, .. } | Self::Variant { name, .. } => name,
            };
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
        }
        if path.is_empty() {
            ".".to_owned()
        } else {
            path
        }
    }

    /// With points alone, and a question mark for each step that has no name: `items.1.?.count`.
    fn of_an_unknown_field(&self) -> String {
        let steps: Vec<String> = self
            .steps()
            .into_iter()
            .filter_map(|place| match *place {
                Self::Root | Self::Variant { .. } => None,
                Self::Index { index, .. } => Some(index.to_string()),
                Self::Entry { key, .. } => Some(key.to_owned()),
                Self::Inside { .. } => Some("?".to_owned()),
            })
            .collect();
        if steps.is_empty() {
            ".".to_owned()
        } else {
            steps.join(".")
        }
    }
}

/// What has been noticed while an input is read.
#[derive(Debug, Default)]
pub(super) struct Noticed {
    unknown_field: RefCell<Option<String>>,
    misfit: RefCell<Option<String>>,
}

impl Noticed {
    /// The first field that nobody asked for.
    pub(super) fn unknown_field(&self) -> Option<String> {
        self.unknown_field.take()
    }

    /// Where the first error was.
    pub(super) fn misfit(&self) -> String {
        self.misfit.take().unwrap_or_else(|| ".".to_owned())
    }
}

/// Where a reader is, and whom it tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) place: &'a Place<'a>,
    pub(super) noticed: &'a Noticed,
}

impl<'a> At<'a> {
    pub(super) fn root(noticed: &'a Noticed) -> Self {
        Self {
            place: &Place::Root,
            noticed,
        }
    }

    pub(super) fn place<'b>(self, place: &'b Place<'b>) -> At<'b>
    where
        'a: 'b,
    {
        At {
            place,
            noticed: self.noticed,
        }
    }

    pub(super) fn unknown_field(self) {
        let mut first = self.noticed.unknown_field.borrow_mut();
        first.get_or_insert_with(|| self.place.of_an_unknown_field());
    }

    /// An error passes through here. The first who says so is nearest to it.
    pub(super) fn misfit(self) {
        let mut first = self.noticed.misfit.borrow_mut();
        first.get_or_insert_with(|| self.place.of_a_misfit());
    }

    pub(super) fn watch<T>(self, read: Result<T, Error>) -> Result<T, Error> {
        if read.is_err() {
            self.misfit();
        }
        read
    }
}

//! Looks whether a file holds a handler, no further.

use std::path::Path;

use syn::{Attribute, Item};

use super::known::Known;
use crate::model::Handler;

pub(super) fn look_at(path: &Path, known: &mut Known) -> Handler {
    // A file that cannot be read is linked all the same: rustc says what is the matter with it.
    std::fs::read_to_string(path)
        .map_or(Handler::Unclear, |source| known.or_look(&source, look_for))
}

fn look_for(source: &str) -> Handler {
    // Also rustc's to explain, with the line.
    let Ok(file) = syn::parse_file(source) else {
        return Handler::Unclear;
    };
    let mut elsewhere = false;
    for item in &file.items {
        match item {
            Item::Fn(function) if is_marked(&function.attrs) => {
                if function.sig.ident == "main" {
                    return Handler::Found;
                }
                elsewhere = true;
            }
            item => elsewhere |= attributes(item).is_some_and(is_marked),
        }
    }
    // On anything but a function `main`, `#[sync_handler]` itself tells what is wrong.
    if elsewhere {
        Handler::Unclear
    } else {
        Handler::Missing
    }
}

/// By its last segment, so that `#[sync_runtime::sync_handler(...)]` counts as well.
fn is_marked(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .filter_map(|attribute| attribute.path().segments.last())
        .any(|segment| segment.ident == "sync_handler")
}

fn attributes(item: &Item) -> Option<&[Attribute]> {
    Some(match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_a_function_main_with_the_attribute_however_its_path_is_written() {
        for source in [
            "#[sync_handler(auth = none)] pub async fn main() {}",
            "#[sync_runtime::prelude::sync_handler] async fn main() {}",
            "#[allow(clippy::unused_async)] #[sync_handler(auth = login)] pub(crate) async fn main() {}",
            "#[sync_handler(auth = none)] fn main() {} // not async: the attribute says so",
        ] {
            assert_eq!(look_for(source), Handler::Found, "{source}");
        }
    }

    #[test]
    fn a_file_that_promises_no_handler_has_none() {
        for source in [
            "",
            "pub async fn main() {}",
            "mod inner { #[sync_handler] fn main() {} }",
        ] {
            assert_eq!(look_for(source), Handler::Missing, "{source}");
        }
    }

    #[test]
    fn what_others_explain_better_is_left_to_them() {
        for source in [
            "pub async fn main( {",
            "#[sync_handler(auth = none)] pub async fn moveCard() {}",
            "#[sync_handler(auth = none)] struct Main;",
        ] {
            assert_eq!(look_for(source), Handler::Unclear, "{source}");
        }
    }
}

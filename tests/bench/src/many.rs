//! The same two handlers under many names: an app of many routes, without the time it takes to build one.

use sync_runtime::{Routes, codegen::route};

use crate::{AppState, sync_routes::bench};

/// So many names, and which of the handlers each is: `echo` and `filter` in turn. All are of one length,
/// so that a delivery of one route is as long as that of another.
pub(crate) fn names(count: usize) -> impl Iterator<Item = (String, &'static str)> {
    (0..count).map(|number| {
        let kind = if number % 2 == 0 { "echo" } else { "filter" };
        (format!("many/route{number:04}"), kind)
    })
}

/// Adds so many routes.
pub(crate) fn add(routes: Routes<AppState>, count: usize) -> Routes<AppState> {
    names(count).fold(routes, |routes, (name, kind)| {
        // A route's name lives as long as the program, as those do that are in its source.
        let name = name.leak();
        match kind {
            "echo" => routes.server::<bench::echo::v1::server::__SyncHandler>(route(name, 1)),
            _ => routes.pair::<
                bench::filter::v1::server::__SyncHandler,
                bench::filter::v1::client::__SyncHandler,
            >(route(name, 1)),
        }
    })
}

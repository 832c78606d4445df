//! Where the payloads of streams go.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::value::RawValue;

use super::Gate;
use crate::session::SessionKey;

/// A place that payloads are sent to.
pub(crate) trait Outlet: Send + Sync {
    /// Sends a payload, a JSON object, at once. Gives how many connections it was sent to.
    fn send(&self, payload: &RawValue) -> usize;

    /// Waits until no connection that payloads are sent to has more than so many bytes before it.
    fn drained(&self, below: usize) -> BoxFuture<'_, ()>;
}

/// Whom a request can reach besides the client that made it.
pub(crate) trait Audience: Send + Sync {
    /// Everybody in the request's room.
    fn room(&self) -> Arc<dyn Outlet>;

    /// All connections of sessions or users.
    fn chosen(&self, chosen: BTreeSet<Chosen>) -> Arc<dyn Outlet>;
}

/// Whose connections a payload is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Chosen {
    Session(SessionKey),
    User(String),
}

/// The streams of a request whose handler takes some.
#[derive(Clone)]
pub(crate) struct Streams {
    pub(crate) gate: Arc<Gate>,
    pub(crate) originator: Arc<dyn Outlet>,
    pub(crate) audience: Arc<dyn Audience>,
    pub(crate) addressed: Arc<Addressed>,
    /// How many bytes before a connection are pressure.
    pub(crate) pressure: usize,
}

/// Whom a request's handler has sent something to by name. It is noted only where somebody looks at it.
#[derive(Default)]
pub(crate) struct Addressed(Mutex<Option<BTreeSet<Chosen>>>);

impl Addressed {
    /// From now on it is noted.
    pub(super) fn begin(&self) {
        self.0.lock().get_or_insert_default();
    }

    pub(super) fn note(&self, chosen: &BTreeSet<Chosen>) {
        if let Some(noted) = &mut *self.0.lock() {
            noted.extend(chosen.iter().cloned());
        }
    }

    pub(super) fn all(&self) -> BTreeSet<Chosen> {
        self.0.lock().clone().unwrap_or_default()
    }
}

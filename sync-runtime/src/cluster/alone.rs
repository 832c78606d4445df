//! One node, and nobody else.

use std::future::ready;

use futures_util::{FutureExt, future::BoxFuture};

use super::{Cluster, ClusterUnavailable, Said, Seen, Topic};

pub(crate) struct Alone;

impl Cluster for Alone {
    fn host(&self, _: &Topic) {}

    fn give_up(&self, _: &Topic) {}

    fn hosted(&self, _: &Topic) -> BoxFuture<'static, ()> {
        ready(()).boxed()
    }

    fn say(&self, _: &Topic, _: &Said<'_>) {}

    fn tell<'a>(
        &'a self,
        _: &'a Topic,
        _: &'a Said<'a>,
    ) -> BoxFuture<'a, Result<(), ClusterUnavailable>> {
        ready(Ok(())).boxed()
    }

    fn is_heard<'a>(&'a self, _: &'a Topic) -> BoxFuture<'a, Result<bool, ClusterUnavailable>> {
        ready(Ok(false)).boxed()
    }

    fn has_others(&self) -> bool {
        false
    }

    fn answers(&self) -> bool {
        true
    }

    fn seen(&self) -> Option<Seen> {
        None
    }

    fn part(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}

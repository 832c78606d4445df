//! Where buckets are kept: one trait for memory and Redis.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;

use super::{Address, Rate};

/// What a bucket is for.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) enum Bucket<'a> {
    /// All that comes from an address.
    Address(Address),
    /// What a user asks of a route, by the route's name and the user's id.
    RouteOfUser(&'a str, &'a str),
    /// What an address asks of a route while nobody is logged in.
    RouteOfAddress(&'a str, Address),
    /// What is asked of a route by those of whom nothing is known.
    Route(&'a str),
}

impl fmt::Display for Bucket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "address:{address}"),
            Self::RouteOfUser(route, user) => write!(f, "{route}:user:{user}"),
            Self::RouteOfAddress(route, address) => write!(f, "{route}:address:{address}"),
            Self::Route(route) => write!(f, "{route}:anybody"),
        }
    }
}

/// One to be taken out of a bucket that fills at a rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Take<'a> {
    pub(crate) from: Bucket<'a>,
    pub(crate) rate: Rate,
}

/// Where buckets are kept.
pub(crate) trait RateStore: Send + Sync {
    /// Takes one out of each bucket, in their order, up to one that is empty: that is left as it is,
    /// and the error is how long it takes until it has one again.
    fn take<'a>(&'a self, takes: &'a [Take<'a>]) -> BoxFuture<'a, Result<(), Duration>>;
}

//! How often somebody may ask: a rate for each route, and one for each address.
//!
//! Each is a token bucket, kept as the one point in time at which it will be full again (the generic
//! cell rate algorithm of ATM Forum Traffic Management 4.0): a burst of the whole count is allowed,
//! and then one request every `period / count`.

mod address;
mod buckets;
mod rate;
#[cfg(feature = "redis")]
mod redis;
mod store;

pub use self::rate::{Rate, RateError, RateLimit};
#[cfg(feature = "redis")]
pub use self::redis::{RateLimitsError, RedisRateLimits};
pub(crate) use self::{
    address::{Address, TrustedProxies},
    buckets::Buckets,
    store::{Bucket, RateStore, Take},
};

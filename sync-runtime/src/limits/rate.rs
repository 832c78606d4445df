//! Rates, as developers write them.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many requests in how long, written as `60/min`, `5/s` or `1000/h`, or with any other time and its unit, as in
/// `5/90s`.
///
/// ```
/// use std::time::Duration;
/// use sync_runtime::Rate;
///
/// let rate: Rate = "60/min".parse()?;
/// assert_eq!(rate, Rate::new(60, Duration::from_secs(60)).expect("neither is zero"));
/// # Ok::<(), sync_runtime::RateError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    period: Duration,
}

impl Rate {
    /// `count` requests in `period`; `None` when either is zero.
    pub const fn new(count: u32, period: Duration) -> Option<Self> {
        if count == 0 || period.is_zero() {
            return None;
        }
        Some(Self { count, period })
    }

    /// How long a bucket takes to be full again once it is empty.
    pub(super) fn period(self) -> Duration {
        self.period
    }

    /// How long one request's worth takes to come back.
    pub(super) fn interval(self) -> Duration {
        self.period / self.count
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no rate: write a number of requests and a time, as in `60/min`, `5/s`, `1000/h` or `5/90s`"
)]
pub struct RateError(String);

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        parse(text).ok_or_else(|| RateError(text.into()))
    }
}

fn parse(text: &str) -> Option<Rate> {
    let (count, period) = text.split_once('/')?;
    let period = match period.trim() {
        "s" => SECOND,
        "min" => MINUTE,
        "h" => HOUR,
        period => humantime::parse_duration(period).ok()?,
    };
    Rate::new(count.trim().parse().ok()?, period)
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count;
        match self.period {
            SECOND => write!(f, "{count}/s"),
            MINUTE => write!(f, "{count}/min"),
            HOUR => write!(f, "{count}/h"),
            period => write!(f, "{count}/{}", humantime::format_duration(period)),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a route says of its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// Nothing: what the configuration says counts.
    Default,
    /// `rate_limit = off`
    Off,
    /// `rate_limit = "60/min"`
    Limited(Rate),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        for text in ["60/min", "5/s", "1000/h", "5/1m 30s", "5/1s 500ms"] {
            assert_eq!(
                text.parse().map(|rate: Rate| rate.to_string()),
                Ok(text.into())
            );
        }
        for text in [
            "",
            "60",
            "60/",
            "/min",
            "0/min",
            "-1/min",
            "1.5/s",
            "60/fortnight",
            "60/90",
            "60/0s",
            "4294967296/s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}

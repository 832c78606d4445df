//! `rate_limit = ...` and `timeout = ...`

use syn::{
    Ident, LitStr,
    parse::{Parse, ParseStream},
};

pub(super) const RATE_TAKES: &str = "`rate_limit` takes `off`, or a number of requests and a time: `\"60/min\"`, `\"5/s\"`, `\"1000/h\"`";
pub(super) const TIMEOUT_TAKES: &str =
    "`timeout` takes a time with its unit: `\"30s\"`, `\"500ms\"`, `\"2min\"`";

/// How often somebody may use the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimit {
    Off,
    Limited { count: u32, seconds: u64 },
}

impl Parse for RateLimit {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        let refused = || syn::Error::new(span, RATE_TAKES);
        if input.peek(Ident) {
            let word: Ident = input.parse()?;
            return if word == "off" {
                Ok(Self::Off)
            } else {
                Err(refused())
            };
        }
        let text: LitStr = input.parse().map_err(|_| refused())?;
        rate(&text.value()).ok_or_else(refused)
    }
}

fn rate(text: &str) -> Option<RateLimit> {
    let (count, unit) = text.split_once('/')?;
    let count = count.trim().parse().ok().filter(|count| *count > 0)?;
    let seconds = match unit.trim() {
        "s" => 1,
        "min" => 60,
        "h" => 60 * 60,
        _ => return None,
    };
    Some(RateLimit::Limited { count, seconds })
}

/// How long the handler may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout {
    pub(crate) milliseconds: u64,
}

impl Parse for Timeout {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        let refused = || syn::Error::new(span, TIMEOUT_TAKES);
        let text: LitStr = input.parse().map_err(|_| refused())?;
        let units = [("ms", 1), ("s", 1000), ("min", 60 * 1000)];
        let milliseconds = milliseconds(&text.value(), &units).ok_or_else(refused)?;
        Ok(Self { milliseconds })
    }
}

/// Reads a time longer than zero in one of these units, each with its name and its milliseconds.
pub(super) fn milliseconds(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let unit = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit);
    let (_, unit) = units.iter().find(|(name, _)| *name == unit.trim())?;
    let count: u64 = count.parse().ok()?;
    count.checked_mul(*unit).filter(|time| *time > 0)
}

//! How long a command takes, and how much of the processors.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use nix::sys::resource::{Usage, UsageWho, getrusage};

use crate::process::{Failure, Result, Running};

/// What a command took, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Took {
    /// By the clock.
    pub(super) clock: f64,
    /// Of all processors, with what it started itself. What else the machine does matters less to it.
    pub(super) cpu: f64,
}

/// Runs a command; fails when it does.
pub(super) fn timed(command: &mut Command) -> Result<Took> {
    let (begun, before) = (Instant::now(), cpu()?);
    let status = Running::start(command)?.wait()?;
    if !status.success() {
        return Err(Failure::said(format!("{command:?}: {status}")));
    }
    Ok(Took {
        clock: begun.elapsed().as_secs_f64(),
        cpu: cpu()?.saturating_sub(before).as_secs_f64(),
    })
}

/// What all programs have used that this one started and that have ended.
fn cpu() -> Result<Duration> {
    let usage: Usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|error| Failure::said(format!("cannot tell what a build used: {error}")))?;
    let micros = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or_default()
    };
    Ok(Duration::from_micros(
        micros(usage.user_time()) + micros(usage.system_time()),
    ))
}

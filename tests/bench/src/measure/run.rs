//! One run: a server of its own, its members, a while to warm up, and then it counts.

use std::{error::Error, thread::sleep, time::Duration};

use serde::Serialize;

use super::{crowd::Crowd, plan::Point};
use crate::{
    load::{Server, ServerProcess},
    usage,
};

/// What comes before the time that counts.
const WARM_UP: Duration = Duration::from_millis(300);
/// How long a server is left alone before its memory is looked at.
const SETTLE: Duration = Duration::from_millis(200);

/// What one run came to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub(super) requests: usize,
    pub(super) deliveries: usize,
    pub(super) lost: usize,
    pub(super) disordered: usize,
    pub(super) mixed_up: usize,
    /// Members whose connection the server has closed.
    pub(super) closed: usize,
    /// An answer that was an error, if one was.
    pub(super) refused: Option<String>,
    /// What the server and the load have used of the processors, in seconds.
    pub(super) server_cpu: f64,
    pub(super) load_cpu: f64,
    /// From a request to its answer and to its deliveries, in milliseconds.
    pub(super) answer_p50: f64,
    pub(super) answer_p99: f64,
    pub(super) delivery_p50: f64,
    pub(super) delivery_p99: f64,
    /// What the server holds for each connection in kB, before anything was sent.
    pub(super) memory: f64,
}

impl Run {
    /// Deliveries for a second of the server's processor time.
    pub(super) fn efficiency(&self) -> f64 {
        ratio(self.deliveries, self.server_cpu)
    }

    /// Whether all came, to the right members and in order.
    pub(super) fn is_correct(&self) -> bool {
        let wrong = self.lost + self.disordered + self.mixed_up + self.closed;
        wrong == 0 && self.refused.is_none() && self.requests > 0
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of what happens in seconds"
)]
pub(super) fn ratio(count: usize, by: f64) -> f64 {
    if by > 0.0 { count as f64 / by } else { 0.0 }
}

pub(super) fn run(
    server: Server,
    point: &Point,
    time: Duration,
) -> Result<Run, Box<dyn Error + Send + Sync>> {
    let process = ServerProcess::start(server)?;
    let base = process.memory()?;
    let mut crowd = Crowd::gather(server, process.address, point)?;
    sleep(SETTLE);
    let grown = process.memory()?.saturating_sub(base);
    crowd.speak(WARM_UP.min(time))?;
    let load = std::process::id();
    let (server_before, load_before) = (process.cpu()?, usage::cpu(load)?);
    let (mut heard, expected) = crowd.speak(time)?;
    let server_cpu = process.cpu()?.saturating_sub(server_before);
    let load_cpu = usage::cpu(load)?.saturating_sub(load_before);
    let grown = usize::try_from(grown)?;
    Ok(Run {
        requests: heard.requests,
        deliveries: heard.deliveries,
        lost: expected.saturating_sub(heard.deliveries),
        disordered: heard.disordered,
        mixed_up: heard.mixed_up,
        closed: crowd.closed(),
        refused: heard.refused.take(),
        server_cpu: server_cpu.as_secs_f64(),
        load_cpu: load_cpu.as_secs_f64(),
        answer_p50: percentile(&mut heard.answer_micros, 50),
        answer_p99: percentile(&mut heard.answer_micros, 99),
        delivery_p50: percentile(&mut heard.delivery_micros, 50),
        delivery_p99: percentile(&mut heard.delivery_micros, 99),
        memory: ratio(grown / (point.members + point.stalled), 1000.0),
    })
}

/// Of microseconds, in milliseconds.
fn percentile(micros: &mut [u32], percent: usize) -> f64 {
    let place = micros.len() * percent / 100;
    if micros.is_empty() {
        return 0.0;
    }
    let (_, found, _) = micros.select_nth_unstable(place);
    f64::from(*found) / 1000.0
}

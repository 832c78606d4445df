//! One run: a server of its own, its members, a while to warm up, and then it counts.

use std::{
    collections::BTreeMap,
    error::Error,
    thread::sleep,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{crowd::Crowd, plan::Point};
use crate::{
    load::{Commands, Server, System},
    usage,
};

/// What comes before the time that counts.
const WARM_UP: Duration = Duration::from_millis(300);
/// How long a server is left alone before its memory is looked at.
const SETTLE: Duration = Duration::from_millis(200);

/// How long Redis is watched before there is load, for what nodes ask it anyway.
const WATCH: Duration = Duration::from_secs(2);

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
    /// Members that read nothing whose connection it has closed.
    pub(super) closed_stalled: usize,
    /// An answer that was an error, if one was.
    pub(super) refused: Option<String>,
    /// What the server, with Redis if there is one, and the load have used of the processors, in seconds.
    pub(super) server_cpu: f64,
    pub(super) load_cpu: f64,
    /// What Redis has used, of the server's.
    pub(super) redis_cpu: f64,
    /// How long it took by the clock, in seconds.
    pub(super) seconds: f64,
    /// What Redis was asked for each request, beyond what it is asked without any.
    pub(super) redis_commands: BTreeMap<String, f64>,
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

    /// How much of its time the load was at work: near 1 it is the load that is measured, as far as time
    /// goes by the clock.
    pub(super) fn load_at_work(&self) -> f64 {
        self.load_cpu / self.seconds.max(f64::EPSILON)
    }

    /// What Redis was asked for each request, in all.
    pub(super) fn commands(&self) -> f64 {
        self.redis_commands.values().sum()
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
    let system = System::start(server, point.routes)?;
    let base = system.memory()?;
    let mut crowd = Crowd::gather(server, &system.addresses(), point)?;
    sleep(SETTLE);
    let grown = system.memory()?.saturating_sub(base);
    let idle = Watched::begin(&system)?;
    if idle.commands.is_some() {
        sleep(WATCH.min(time));
    }
    let idle = idle.end(&system)?;
    crowd.speak(WARM_UP.min(time))?;
    let load = std::process::id();
    let asked = Watched::begin(&system)?;
    let (server_before, redis_before) = (system.cpu()?, system.redis_cpu()?);
    let load_before = usage::cpu(load)?;
    let (mut heard, lost) = crowd.speak(time)?;
    let server_cpu = system.cpu()?.saturating_sub(server_before);
    let redis_cpu = system.redis_cpu()?.saturating_sub(redis_before);
    let load_cpu = usage::cpu(load)?.saturating_sub(load_before);
    let asked = asked.end(&system)?;
    let grown = usize::try_from(grown)?;
    Ok(Run {
        requests: heard.requests,
        deliveries: heard.deliveries,
        lost,
        disordered: heard.disordered,
        mixed_up: heard.mixed_up,
        closed: crowd.closed(),
        closed_stalled: crowd.closed_stalled()?,
        refused: heard.refused.take(),
        server_cpu: server_cpu.as_secs_f64(),
        load_cpu: load_cpu.as_secs_f64(),
        redis_cpu: redis_cpu.as_secs_f64(),
        seconds: asked.seconds,
        redis_commands: asked.for_each(heard.requests, &idle),
        answer_p50: percentile(&mut heard.answer_micros, 50),
        answer_p99: percentile(&mut heard.answer_micros, 99),
        delivery_p50: percentile(&mut heard.delivery_micros, 50),
        delivery_p99: percentile(&mut heard.delivery_micros, 99),
        memory: ratio(grown / (point.members + point.stalled), 1000.0),
    })
}

/// What Redis had been asked when it began to be watched.
struct Watched {
    begun: Instant,
    commands: Option<Commands>,
}

/// What Redis was asked in a while.
struct Asked {
    seconds: f64,
    commands: BTreeMap<String, f64>,
}

impl Watched {
    fn begin(system: &System) -> std::io::Result<Self> {
        Ok(Self {
            commands: system.commands()?,
            begun: Instant::now(),
        })
    }

    fn end(self, system: &System) -> std::io::Result<Asked> {
        let seconds = self.begun.elapsed().as_secs_f64();
        let before = self.commands.unwrap_or_default();
        let commands = system.commands()?.unwrap_or_default();
        let more = commands.into_iter().map(|(name, calls)| {
            let before = before.get(&name).copied().unwrap_or_default();
            let more = u32::try_from(calls.saturating_sub(before)).unwrap_or(u32::MAX);
            (name, f64::from(more))
        });
        Ok(Asked {
            seconds,
            commands: more.collect(),
        })
    }
}

impl Asked {
    /// For each of so many requests, without what nodes ask in as much time anyway.
    fn for_each(&self, requests: usize, idle: &Self) -> BTreeMap<String, f64> {
        let longer = self.seconds / idle.seconds.max(f64::EPSILON);
        let of = |(name, calls): (&String, &f64)| {
            let anyway = idle.commands.get(name).copied().unwrap_or_default();
            let caused = (calls - anyway * longer).max(0.0);
            (name.clone(), caused / ratio(requests.max(1), 1.0))
        };
        let caused = self.commands.iter().map(of);
        // What happens once in a run is no part of a fan-out.
        caused.filter(|(_, calls)| *calls >= 0.005).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redis_is_asked_anyway_is_not_counted_for_requests() {
        let asked = |seconds, publish, zadd| Asked {
            seconds,
            commands: [("publish".to_owned(), publish), ("zadd".to_owned(), zadd)].into(),
        };
        let of_each = asked(2.0, 100.0, 4.0).for_each(100, &asked(1.0, 0.0, 2.0));
        assert_eq!(of_each, [("publish".to_owned(), 1.0)].into());
    }
}

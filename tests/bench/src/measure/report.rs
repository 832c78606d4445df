//! The table, and the file for later.

use std::{fs, path::Path, thread};

use serde::Serialize;

use super::{
    options::Options,
    plan::{Compared, Point},
    run::{Run, ratio},
};
use crate::{Outcome, load::Server, now_micros};

/// A server at a point, run several times.
pub(super) struct Measured {
    pub(super) server: Server,
    pub(super) point: Point,
    pub(super) runs: Vec<Run>,
}

impl Measured {
    /// The median of a figure, and the least and the most.
    pub(super) fn spread(&self, figure: impl Fn(&Run) -> f64) -> Spread {
        Spread::of(self.runs.iter().map(figure).collect())
    }

    fn sum(&self, count: impl Fn(&Run) -> usize) -> usize {
        self.runs.iter().map(count).sum()
    }
}

/// Several values of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

impl Spread {
    pub(super) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or_default();
        let last = values.len().saturating_sub(1);
        Self {
            least: at(0),
            median: f64::midpoint(at(last / 2), at(values.len() / 2)),
            most: at(last),
        }
    }
}

pub(super) fn print_head(options: &Options) {
    println!(
        "{} rounds of {:?} each, the servers in turn, on {} cores; medians, with the least and the most of \
         the first figure.\nAll of sync, of socketioxide and the floor have mimalloc, one program and one build.\n",
        options.rounds,
        options.time,
        thread::available_parallelism().map_or(0, usize::from),
    );
    println!(
        "{:<10} {:>31} {:>16} {:>17} {:>6} {:>6} {:>9} {:>8} {:>20}",
        "server",
        "thousand deliveries/CPU s",
        "answer p50   p99",
        "delivery p50  p99",
        "lost",
        "order",
        "us/request",
        "kB/conn",
        "CPU s (load, at work)",
    );
}

/// Prints the rows of a group.
pub(super) fn print_rows(rows: &[Measured]) {
    for (place, row) in rows.iter().enumerate() {
        let is_new = place == 0 || rows[place - 1].point != row.point;
        if is_new {
            println!("{}:", row.point);
        }
        print_row(row);
    }
}

fn print_row(row: &Measured) {
    let efficiency = row.spread(Run::efficiency);
    let median = |figure: fn(&Run) -> f64| row.spread(figure).median;
    println!(
        "{:<10} {:>13.1} ({:>7.1} -{:>7.1}) {:>10.2} {:>6.1} {:>10.2} {:>6.1} {:>6} {:>6} {:>9.1} {:>8.1} {:>7.2} {:>12}",
        row.server.name(),
        efficiency.median / 1000.0,
        efficiency.least / 1000.0,
        efficiency.most / 1000.0,
        median(|run| run.answer_p50),
        median(|run| run.answer_p99),
        median(|run| run.delivery_p50),
        median(|run| run.delivery_p99),
        row.sum(|run| run.lost),
        row.sum(|run| run.disordered),
        median(|run| run.server_cpu * 1e6 / ratio(run.requests, 1.0)),
        median(|run| run.memory),
        median(|run| run.server_cpu),
        format!(
            "({:.2}, {:.0}%)",
            median(|run| run.load_cpu),
            100.0 * median(Run::load_at_work)
        ),
    );
    if median(Run::load_at_work) > BUSY {
        println!("           the load had hardly a pause: times by the clock are its own");
    }
    if row.server.nodes() > 1 {
        println!(
            "           Redis: {:.2} CPU s; for each request {}",
            median(|run| run.redis_cpu),
            row.runs.last().map(commands).unwrap_or_default()
        );
    }
    if row.point.stalled > 0 {
        let closed = row.runs.iter().map(|run| run.closed_stalled);
        println!(
            "           closed of {} that read nothing: {:?}",
            row.point.stalled,
            closed.collect::<Vec<_>>()
        );
    }
    for run in row.runs.iter().filter(|run| !run.is_correct()) {
        let (closed, mixed_up) = (run.closed, run.mixed_up);
        if closed + mixed_up > 0 {
            println!("           {closed} closed, {mixed_up} with another's part");
        }
        if let Some(refused) = &run.refused {
            println!("           refused: {refused}");
        }
    }
}

/// What Redis was asked for each request.
fn commands(run: &Run) -> String {
    let named = run.redis_commands.iter();
    let named = named.map(|(name, calls)| format!("{calls:.2} {name}"));
    named.collect::<Vec<_>>().join(", ")
}

/// Above this part of its time at work, the load itself may be what is slow.
const BUSY: f64 = 0.9;

/// All that was measured, in groups that were measured in turn.
#[derive(Default)]
pub(super) struct Report {
    pub(super) groups: Vec<(Compared, Vec<Measured>)>,
}

/// As it is written down.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    /// Microseconds since 1970.
    at: u64,
    cores: usize,
    measured: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    server: &'static str,
    load: &'a Point,
    runs: &'a [Run],
}

impl Report {
    pub(super) fn rows(&self) -> impl Iterator<Item = &Measured> {
        self.groups.iter().flat_map(|(_, rows)| rows)
    }

    pub(super) fn write(&self, path: &Path) -> Outcome {
        let rows = self.rows().map(|row| Row {
            server: row.server.name(),
            load: &row.point,
            runs: &row.runs,
        });
        let file = File {
            at: now_micros(),
            cores: thread::available_parallelism().map_or(0, usize::from),
            measured: rows.collect(),
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, serde_json::to_vec_pretty(&file)?)?)
    }

    /// Fails when sync has done anything wrong. What the others do is theirs.
    pub(super) fn correct(&self) -> Outcome {
        let ours = self.rows().filter(|row| row.server.is_ours());
        let wrong: Vec<String> = ours
            .filter(|row| !row.runs.iter().all(Run::is_correct))
            .map(|row| format!("{} at {}", row.server.name(), row.point))
            .collect();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("lost, late or refused: {}", wrong.join("; ")).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_between_the_values_in_the_middle() {
        let spread = Spread::of(vec![3.0, 1.0, 2.0]);
        assert_eq!((spread.least, spread.median, spread.most), (1.0, 2.0, 3.0));
        assert!((Spread::of(vec![4.0, 1.0]).median - 2.5).abs() < f64::EPSILON);
    }
}

//! What sync wants to reach, as ratios of what was measured in turn. Nothing fails by them.

use super::{
    plan::{Pace, Point},
    report::{Measured, Report, Spread},
    run::Run,
};
use crate::load::Server;

struct Goal {
    server: Server,
    against: Server,
    /// At least so many times as much.
    least: f64,
    at: fn(&Point) -> bool,
}

fn is_closed(point: &Point) -> bool {
    matches!(point.pace, Pace::InFlight(_)) && !point.alone
}

fn is_open(point: &Point) -> bool {
    matches!(point.pace, Pace::PerSecond(_)) && !point.alone
}

const fn goal(server: Server, against: Server, least: f64, at: fn(&Point) -> bool) -> Goal {
    Goal {
        server,
        against,
        least,
        at,
    }
}

const GOALS: &[Goal] = &[
    goal(Server::Echo, Server::Bare, 0.95, is_closed),
    goal(Server::Echo, Server::Node, 9.0, is_closed),
    goal(Server::Filter, Server::Bare, 0.75, is_closed),
    goal(Server::Filter, Server::BareLoop, 1.7, is_closed),
    goal(Server::Filter, Server::NodeLoop, 9.0, is_closed),
    goal(Server::Echo, Server::Node, 1.5, is_open),
    goal(Server::Filter, Server::NodeLoop, 2.0, is_open),
];

/// What an idle connection may take, in kB.
const MEMORY: f64 = 28.0;

/// Prints how far each goal is reached, round by round compared and then the median.
pub(super) fn print(report: &Report) {
    let mut is_first = true;
    for goal in GOALS {
        let ours = report.0.iter().filter(|row| row.server == goal.server);
        for row in ours.filter(|row| (goal.at)(&row.point)) {
            let is_other =
                |other: &&Measured| other.server == goal.against && other.point == row.point;
            let Some(other) = report.0.iter().find(is_other) else {
                continue;
            };
            if std::mem::take(&mut is_first) {
                println!("\nratios of deliveries for a CPU second, round by round");
            }
            let pairs = row.runs.iter().zip(&other.runs);
            let ratios = pairs.map(|(run, other)| run.efficiency() / other.efficiency());
            let Spread {
                least,
                median,
                most,
            } = Spread::of(ratios.collect());
            println!(
                "{:<8} / {:<10} {median:>6.2} ({least:>5.2} -{most:>6.2})  goal {:>5.2} {:<7} {}",
                goal.server.name(),
                goal.against.name(),
                goal.least,
                if median >= goal.least { "" } else { "MISSED" },
                row.point,
            );
        }
    }
    let idle = report.0.iter().filter(|row| row.server == Server::Echo);
    if let Some(row) = idle.max_by_key(|row| row.point.members) {
        let memory = row.spread(|run: &Run| run.memory).median;
        println!(
            "memory of an idle connection {memory:>6.1} kB       goal {MEMORY:>5.1} {:<7} {}",
            if memory <= MEMORY { "" } else { "MISSED" },
            row.point,
        );
    }
}

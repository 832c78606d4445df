//! What sync wants to reach, as ratios of what was measured in turn. Nothing fails by them.

use super::{
    plan::{Compared, Pace, Point},
    report::{Measured, Report, Spread},
    run::{Run, ratio},
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

fn is_any(_: &Point) -> bool {
    true
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

/// Each at the loads of the same group of runs.
const GOALS: &[Goal] = &[
    goal(Server::Echo, Server::Bare, 0.95, is_closed),
    goal(Server::Echo, Server::Node, 9.0, is_closed),
    goal(Server::Filter, Server::Bare, 0.75, is_closed),
    goal(Server::Filter, Server::BareLoop, 1.7, is_closed),
    goal(Server::Filter, Server::NodeLoop, 9.0, is_closed),
    goal(Server::Echo, Server::Node, 1.5, is_open),
    goal(Server::Filter, Server::NodeLoop, 2.0, is_open),
    goal(Server::EchoNodes, Server::Echo, 0.8, is_any),
    goal(Server::FilterNodes, Server::Filter, 0.8, is_any),
    goal(Server::LoggedNodes, Server::Logged, 0.8, is_any),
];

/// What should not change may be so many times as much: a fifth more.
const FLAT: f64 = 1.2;

/// What Redis is asked for each request may differ by so much from one size of a room to another: what
/// nodes ask anyway is taken off by an estimate.
const CONSTANT: f64 = 1.05;

/// What a request may cost over what it costs `bare`, of one who is alone in a room, in microseconds.
const REQUEST: f64 = 25.0;

/// What an idle connection may take, in kB.
const MEMORY: f64 = 28.0;

/// Prints how far each goal is reached, round by round compared and then the median.
pub(super) fn print(report: &Report) {
    println!("\ngoals; ratios round by round, the median and the least and the most");
    for (compared, rows) in &report.groups {
        match compared {
            Compared::Servers => servers(rows),
            Compared::Cost => flat(rows, "cost of a delivery", |run| 1.0 / run.efficiency()),
            Compared::Slowest => flat(rows, "delivery p99", |run| run.delivery_p99),
        }
    }
    commands(report);
    let idle = report.rows().filter(|row| row.server == Server::Echo);
    if let Some(row) = idle.max_by_key(|row| row.point.members) {
        let memory = row.spread(|run: &Run| run.memory);
        line(
            "memory of an idle connection, kB",
            memory,
            Limit::Most(MEMORY),
            &row.point,
        );
    }
}

enum Limit {
    Least(f64),
    Most(f64),
}

fn line(what: &str, came_to: Spread, limit: Limit, point: &Point) {
    let Spread {
        least,
        median,
        most,
    } = came_to;
    let (sign, limit, reached) = match limit {
        Limit::Least(limit) => (">=", limit, median >= limit),
        Limit::Most(limit) => ("<=", limit, median <= limit),
    };
    println!(
        "{what:<36} {median:>7.2} ({least:>6.2} -{most:>7.2})  goal {sign} {limit:>5.2} {:<7} {point}",
        if reached { "reached" } else { "MISSED" },
    );
}

/// What a figure of one row is to that of another, round by round.
fn ratios(row: &Measured, other: &Measured, figure: impl Fn(&Run) -> f64) -> Spread {
    let pairs = row.runs.iter().zip(&other.runs);
    Spread::of(
        pairs
            .map(|(run, other)| figure(run) / figure(other))
            .collect(),
    )
}

/// Servers against each other, at one load.
fn servers(rows: &[Measured]) {
    let of = |server, point: &Point| {
        let mut rows = rows.iter();
        rows.find(|row| row.server == server && row.point == *point)
    };
    for row in rows {
        let goals = GOALS.iter().filter(|goal| goal.server == row.server);
        for goal in goals.filter(|goal| (goal.at)(&row.point)) {
            if let Some(other) = of(goal.against, &row.point) {
                let what = format!("{} / {}", goal.server.name(), goal.against.name());
                let ratios = ratios(row, other, Run::efficiency);
                line(&what, ratios, Limit::Least(goal.least), &row.point);
            }
        }
        if row.server == Server::Echo
            && row.point.alone
            && let Some(bare) = of(Server::Bare, &row.point)
        {
            let cost = |run: &Run| run.server_cpu * 1e6 / ratio(run.requests.max(1), 1.0);
            let pairs = row.runs.iter().zip(&bare.runs);
            let more = pairs.map(|(run, bare)| cost(run) - cost(bare)).collect();
            let what = "a request, over bare's, us";
            line(what, Spread::of(more), Limit::Most(REQUEST), &row.point);
        }
    }
}

/// A server against itself at the first load.
fn flat(rows: &[Measured], what: &str, figure: fn(&Run) -> f64) {
    for row in rows {
        let first = rows.iter().find(|first| first.server == row.server);
        if let Some(first) = first.filter(|first| first.point != row.point) {
            let what = format!("{}, {what}", row.server.name());
            line(
                &what,
                ratios(row, first, figure),
                Limit::Most(FLAT),
                &row.point,
            );
            println!("{:>36} {}", "against", first.point);
        }
    }
}

/// What Redis is asked for a request, in a room of any size.
fn commands(report: &Report) {
    for server in Server::ALL.into_iter().filter(|server| server.nodes() > 1) {
        let mut paces = Vec::<(Pace, Vec<&Measured>)>::new();
        for row in report.rows().filter(|row| row.server == server) {
            let pace = row.point.pace;
            match paces.iter_mut().find(|(of, _)| *of == pace) {
                Some((_, rows)) => rows.push(row),
                None => paces.push((pace, vec![row])),
            }
        }
        for (pace, rows) in paces.into_iter().filter(|(_, rows)| rows.len() > 1) {
            let asked = rows.iter().map(|row| row.spread(Run::commands).median);
            let Spread { least, most, .. } = Spread::of(asked.collect());
            println!(
                "{:<36} {least:>7.2} -{most:>7.2}           goal constant {:<7} {pace}",
                format!("{}, Redis commands a request", server.name()),
                if most <= least * CONSTANT {
                    "reached"
                } else {
                    "MISSED"
                },
            );
        }
    }
}

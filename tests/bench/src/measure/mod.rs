//! Fan-out measured: every server under the same load, in turn, several times.

mod crowd;
mod goals;
mod options;
mod plan;
mod report;
mod run;
mod tally;

use std::error::Error;

pub(crate) use self::options::USAGE;
use self::{
    options::Options,
    plan::{Group, Point},
    report::{Measured, Report},
};
use crate::{Outcome, load::Server};

/// Runs what the options say, prints a table, and writes it down. Fails when sync has lost something or
/// brought it out of order, and never because of a number.
pub(crate) fn measure(words: &[String]) -> Outcome {
    let options = Options::parse(words)?;
    report::print_head(&options);
    let mut report = Report::default();
    for group in &options.groups {
        let rows = rounds(group, &options)?;
        report::print_rows(&rows);
        report.groups.push((group.compared, rows));
    }
    goals::print(&report);
    if let Some(path) = &options.out {
        report.write(path)?;
        println!("\nwritten to {}", path.display());
    }
    report.correct()
}

/// Now and then socketioxide by itself closes a connection that has just come.
const TRIES: usize = 5;

/// The runs of a group, by server and load. All take turns, so that what else the machine does falls on
/// all of them.
fn rounds(group: &Group, options: &Options) -> Result<Vec<Measured>, Box<dyn Error + Send + Sync>> {
    let row = |(point, server): (&Point, &Server)| Measured {
        server: *server,
        point: point.clone(),
        runs: Vec::new(),
    };
    let all = |point| group.servers.iter().map(move |server| (point, server));
    let mut rows: Vec<Measured> = group.points.iter().flat_map(all).map(row).collect();
    let time = group.time.unwrap_or_default().max(options.time);
    for _ in 0..options.rounds {
        for Measured {
            server,
            point,
            runs,
        } in &mut rows
        {
            let mut run = run::run(*server, point, time);
            for _ in 1..TRIES {
                match &run {
                    Err(error) if !server.is_ours() => {
                        eprintln!("once more: {}", in_words(*server, point, &**error));
                        run = run::run(*server, point, time);
                    }
                    _ => break,
                }
            }
            runs.push(run.map_err(|error| in_words(*server, point, &*error))?);
        }
    }
    Ok(rows)
}

fn in_words(server: Server, point: &Point, error: &(dyn Error + Send + Sync)) -> String {
    format!("{} at {point}: {error}", server.name())
}

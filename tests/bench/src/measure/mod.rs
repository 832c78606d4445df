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
    plan::Point,
    report::{Measured, Report},
    run::Run,
};
use crate::{Outcome, load::Server};

/// Runs what the options say, prints a table, and writes it down. Fails when sync has lost something or
/// brought it out of order, and never because of a number.
pub(crate) fn measure(words: &[String]) -> Outcome {
    let options = Options::parse(words)?;
    report::print_head(&options);
    let mut measured = Vec::new();
    for point in &options.points {
        let runs = rounds(point, &options)?;
        for (place, (server, runs)) in options.servers.iter().zip(runs).enumerate() {
            let row = Measured {
                server: *server,
                point: point.clone(),
                runs,
            };
            report::print_row(&row, place == 0);
            measured.push(row);
        }
    }
    let report = Report(measured);
    goals::print(&report);
    if let Some(path) = &options.out {
        report.write(path)?;
        println!("\nwritten to {}", path.display());
    }
    report.correct()
}

/// The runs of each server at a point. The servers take turns, so that what else the machine does falls
/// on all of them.
fn rounds(point: &Point, options: &Options) -> Result<Vec<Vec<Run>>, Box<dyn Error + Send + Sync>> {
    let mut runs: Vec<Vec<Run>> = options.servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..options.rounds {
        for (server, runs) in options.servers.iter().zip(&mut runs) {
            let run = || run::run(*server, point, options.time);
            let run = match run() {
                // Now and then socketioxide by itself closes a connection that has just come.
                Err(error) if !server.is_ours() => {
                    eprintln!("once more: {}", in_words(*server, point, &*error));
                    run()
                }
                run => run,
            };
            runs.push(run.map_err(|error| in_words(*server, point, &*error))?);
        }
    }
    Ok(runs)
}

fn in_words(server: Server, point: &Point, error: &(dyn Error + Send + Sync)) -> String {
    format!("{} at {point}: {error}", server.name())
}

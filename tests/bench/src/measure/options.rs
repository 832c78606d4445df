//! What the command line asks for.

use std::{path::PathBuf, str::FromStr, time::Duration};

use super::plan::{self, Pace, Point};
use crate::load::Server;

pub(crate) const USAGE: &str = "\
       sync-bench measure [--quick | --full] [--members N,..] [--in-flight N,..] [--rate N]
                          [--alone] [--idle-rooms N] [--stalled N] [--payload BYTES]
                          [--servers NAME,..] [--rounds N] [--seconds N] [--out FILE]";

pub(super) struct Options {
    pub(super) points: Vec<Point>,
    pub(super) servers: Vec<Server>,
    pub(super) rounds: usize,
    /// For how long each run is measured.
    pub(super) time: Duration,
    pub(super) out: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(words: &[String]) -> Result<Self, String> {
        let mut grid = Grid::default();
        let mut options = Self {
            points: plan::default_points(),
            servers: Server::ALL.into(),
            rounds: 3,
            time: Duration::from_secs(2),
            out: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .ok_or_else(|| format!("`{word}` takes a value"))
            };
            match word.as_str() {
                "--quick" => {
                    options.points = plan::quick_points();
                    options.rounds = 1;
                    options.time = Duration::from_millis(300);
                }
                "--full" => options.points = plan::all_points(),
                "--members" => grid.members = Some(list(word, value()?)?),
                "--in-flight" => grid.in_flight = Some(list(word, value()?)?),
                "--rate" => grid.rate = Some(number(word, value()?)?),
                "--alone" => grid.alone = true,
                "--idle-rooms" => grid.idle_rooms = number(word, value()?)?,
                "--stalled" => grid.stalled = number(word, value()?)?,
                "--payload" => grid.payload = Some(number(word, value()?)?),
                "--servers" => options.servers = servers(value()?)?,
                "--rounds" => options.rounds = number(word, value()?)?,
                "--seconds" => options.time = Duration::from_secs(number(word, value()?)?),
                "--out" => options.out = Some(value()?.into()),
                _ => return Err(format!("no option `{word}`\n{USAGE}")),
            }
        }
        if grid != Grid::default() {
            options.points = grid.points();
        }
        let is_empty = |point: &Point| point.members == 0 || point.senders() == 0;
        if options.rounds == 0 || options.points.iter().any(is_empty) {
            return Err("there is nothing to measure with none of something".into());
        }
        Ok(options)
    }
}

/// A grid of the user's own.
#[derive(Default, PartialEq, Eq)]
struct Grid {
    members: Option<Vec<usize>>,
    in_flight: Option<Vec<usize>>,
    rate: Option<u32>,
    alone: bool,
    idle_rooms: usize,
    stalled: usize,
    payload: Option<usize>,
}

impl Grid {
    fn points(self) -> Vec<Point> {
        let in_flight = match (self.in_flight, self.rate) {
            (Some(in_flight), _) => in_flight,
            (None, Some(_)) => Vec::new(),
            (None, None) => vec![8],
        };
        let closed = in_flight.into_iter().map(Pace::InFlight);
        let paces: Vec<_> = closed.chain(self.rate.map(Pace::PerSecond)).collect();
        let mut points = Vec::new();
        for members in self.members.unwrap_or_else(|| vec![500]) {
            points.extend(paces.iter().map(|pace| Point {
                alone: self.alone,
                idle_rooms: self.idle_rooms,
                stalled: self.stalled,
                payload: self.payload.unwrap_or(64).max(super::tally::MIN_PAYLOAD),
                ..Point::new(members, *pace)
            }));
        }
        points
    }
}

fn number<T: FromStr>(option: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("`{option}` takes a number, not `{text}`"))
}

fn list(option: &str, text: &str) -> Result<Vec<usize>, String> {
    text.split(',').map(|text| number(option, text)).collect()
}

fn servers(text: &str) -> Result<Vec<Server>, String> {
    let server = |name: &str| {
        let known = || Server::ALL.map(Server::name).join(", ");
        Server::of_name(name).ok_or_else(|| format!("no server `{name}`; there are {}", known()))
    };
    text.split(',').map(server).collect()
}

//! What the command line asks for.

use std::{path::PathBuf, str::FromStr, time::Duration};

use super::plan::{self, Group, Pace, Point};
use crate::load::Server;

pub(crate) const USAGE: &str = "\
       sync-bench measure [--quick [--more] | --full | --nodes | --scaling] [--members N,..] [--in-flight N,..]
                          [--rate N] [--alone] [--rooms N] [--idle-rooms N] [--routes N] [--stalled N]
                          [--payload BYTES]
                          [--servers NAME,..] [--rounds N] [--seconds N] [--out FILE]";

pub(super) struct Options {
    pub(super) groups: Vec<Group>,
    pub(super) rounds: usize,
    /// For how long each run is measured.
    pub(super) time: Duration,
    pub(super) out: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(words: &[String]) -> Result<Self, String> {
        let mut grid = Grid::default();
        let mut servers = None;
        let mut options = Self {
            groups: plan::some_loads(),
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
                    options.groups = plan::quick();
                    options.rounds = 1;
                    options.time = Duration::from_millis(300);
                }
                "--more" => options.groups = plan::quick_of_the_rest(),
                "--full" => {
                    options.groups = [plan::all_loads(), plan::nodes(), plan::scaling()].concat();
                }
                "--nodes" => options.groups = plan::nodes(),
                "--scaling" => options.groups = plan::scaling(),
                "--members" => grid.members = Some(list(word, value()?)?),
                "--in-flight" => grid.in_flight = Some(list(word, value()?)?),
                "--rate" => grid.rate = Some(number(word, value()?)?),
                "--alone" => grid.alone = true,
                "--rooms" => grid.rooms = number(word, value()?)?,
                "--routes" => grid.routes = number(word, value()?)?,
                "--idle-rooms" => grid.idle_rooms = number(word, value()?)?,
                "--stalled" => grid.stalled = number(word, value()?)?,
                "--payload" => grid.payload = Some(number(word, value()?)?),
                "--servers" => servers = Some(named(value()?)?),
                "--rounds" => options.rounds = number(word, value()?)?,
                "--seconds" => options.time = Duration::from_secs(number(word, value()?)?),
                "--out" => options.out = Some(value()?.into()),
                _ => return Err(format!("no option `{word}`\n{USAGE}")),
            }
        }
        if grid != Grid::default() {
            options.groups = plan::each(grid.points(), &Server::alone());
        }
        if let Some(servers) = &servers {
            for group in &mut options.groups {
                group.servers.clone_from(servers);
            }
        }
        let is_empty = |point: &Point| point.members == 0 || point.senders().is_empty();
        let mut points = options.groups.iter().flat_map(|group| &group.points);
        if options.rounds == 0 || points.any(is_empty) {
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
    rooms: usize,
    idle_rooms: usize,
    routes: usize,
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
                rooms: self.rooms,
                idle_rooms: self.idle_rooms,
                routes: self.routes,
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

fn named(text: &str) -> Result<Vec<Server>, String> {
    let server = |name: &str| {
        let known = || Server::ALL.map(Server::name).join(", ");
        Server::of_name(name).ok_or_else(|| format!("no server `{name}`; there are {}", known()))
    };
    text.split(',').map(server).collect()
}

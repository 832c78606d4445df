//! What is measured: points on a grid of loads.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::load::Server;

/// When a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Pace {
    /// When another was answered: so many are on their way at any time.
    InFlight(usize),
    /// At its time, so many each second, whatever has become of those before.
    PerSecond(u32),
}

/// How many members each of many rooms has, so that the number of rooms is all that changes.
const IN_A_ROOM: usize = 20;

/// One who sends, and the room that it sends to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) member: usize,
    pub(crate) room: String,
}

/// A load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Point {
    pub(crate) members: usize,
    pub(crate) pace: Pace,
    /// Whether each member is in a room of its own rather than all in one: what remains is what a
    /// request costs.
    pub(crate) alone: bool,
    /// So many rooms instead of one, of [`IN_A_ROOM`] members each, requests going to one after another.
    pub(crate) rooms: usize,
    /// How many rooms there are besides, in which nothing happens.
    pub(crate) idle_rooms: usize,
    /// How many routes there are, requests going to one after another; 0 is one route of an app with
    /// hardly any.
    pub(crate) routes: usize,
    /// How many members beyond these read nothing.
    pub(crate) stalled: usize,
    /// The length of the payload in bytes.
    pub(crate) payload: usize,
}

impl Point {
    pub(crate) fn new(members: usize, pace: Pace) -> Self {
        Self {
            members,
            pace,
            alone: false,
            rooms: 0,
            idle_rooms: 0,
            routes: 0,
            stalled: 0,
            payload: 64,
        }
    }

    /// Who sends where. At a given pace it is few, so that each has a stream of its own to keep in order;
    /// in each of many rooms it is one.
    pub(crate) fn senders(&self) -> Vec<Sender> {
        if self.rooms > 0 {
            let first = |room: usize| Sender {
                member: room * IN_A_ROOM % self.members.max(1),
                room: format!("bench:{room}"),
            };
            return (0..self.rooms).map(first).collect();
        }
        let senders = match self.pace {
            Pace::InFlight(requests) => requests.min(self.members),
            Pace::PerSecond(_) => self.members.min(8),
        };
        let sender = |member| Sender {
            member,
            room: self.home(member),
        };
        (0..senders).map(sender).collect()
    }

    fn home(&self, member: usize) -> String {
        if self.alone {
            format!("bench:{member}")
        } else {
            "bench:all".to_owned()
        }
    }

    /// The rooms of a member.
    pub(crate) fn rooms_of(&self, member: usize) -> Vec<String> {
        let mut rooms = Vec::new();
        if self.rooms == 0 {
            rooms.push(self.home(member));
        }
        let members = self.members.max(1);
        let is_in =
            |room: &usize| (member + members - room * IN_A_ROOM % members) % members < IN_A_ROOM;
        // A member that stalls comes on top of those that are counted.
        let counted = if member < members { self.rooms } else { 0 };
        rooms.extend(
            (0..counted)
                .filter(is_in)
                .map(|room| format!("bench:{room}")),
        );
        let idle = (member..self.idle_rooms).step_by(members);
        rooms.extend(idle.map(|number| format!("idle:{number}")));
        rooms
    }

    /// How many deliveries a request leads to.
    pub(crate) fn audience(&self) -> usize {
        match (self.alone, self.rooms) {
            (true, _) => 1,
            (false, 0) => self.members,
            (false, _) => IN_A_ROOM.min(self.members),
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InFlight(requests) => write!(f, "{requests} in flight"),
            Self::PerSecond(requests) => write!(f, "{requests} requests/s"),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} members, {}", self.members, self.pace)?;
        if self.alone {
            f.write_str(", each alone")?;
        }
        if self.rooms > 0 {
            write!(f, ", {} rooms of {IN_A_ROOM}", self.rooms)?;
        }
        if self.idle_rooms > 0 {
            write!(f, ", {} idle rooms", self.idle_rooms)?;
        }
        if self.routes > 0 {
            write!(f, ", {} routes", self.routes)?;
        }
        if self.stalled > 0 {
            write!(f, ", {} stalled", self.stalled)?;
        }
        if self.payload != 64 {
            write!(f, ", {} bytes of payload", self.payload)?;
        }
        Ok(())
    }
}

/// What a group of rows is compared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// Servers with each other, at the same load.
    Servers,
    /// A server with itself at the first load: what a delivery costs should stay what it is.
    Cost,
    /// Likewise: how long the slowest deliveries take.
    Slowest,
}

/// Runs that take turns.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) points: Vec<Point>,
    pub(crate) servers: Vec<Server>,
    pub(crate) compared: Compared,
    /// For how long each is measured, if not as long as the others.
    pub(crate) time: Option<Duration>,
}

impl Group {
    fn new(compared: Compared, servers: &[Server], points: impl Into<Vec<Point>>) -> Self {
        Self {
            points: points.into(),
            servers: servers.into(),
            compared,
            time: None,
        }
    }
}

/// Loads by themselves, each with all servers.
pub(crate) fn each(points: impl IntoIterator<Item = Point>, servers: &[Server]) -> Vec<Group> {
    let group = |point| Group::new(Compared::Servers, servers, [point]);
    points.into_iter().map(group).collect()
}

const EIGHT: Pace = Pace::InFlight(8);
const SIXTY: Pace = Pace::PerSecond(60);

/// Too few for requests to share writes, enough for processor time to be counted.
const HUNDREDS: Pace = Pace::PerSecond(500);

/// What is measured when nothing else is said: five minutes or so.
pub(crate) fn some_loads() -> Vec<Group> {
    let closed = [100, 500, 2000].map(|members| Point::new(members, EIGHT));
    let points = closed.into_iter().chain([Point::new(500, SIXTY)]);
    each(points, &Server::alone())
}

/// More of them.
pub(crate) fn all_loads() -> Vec<Group> {
    let mut points = Vec::new();
    for members in [100, 500, 2000] {
        for requests in [8, 64, 256] {
            points.push(Point::new(members, Pace::InFlight(requests)));
        }
    }
    points.push(Point::new(500, SIXTY));
    points.push(Point {
        alone: true,
        ..Point::new(64, EIGHT)
    });
    each(points, &Server::alone())
}

/// One node, and two on Redis.
pub(crate) fn nodes() -> Vec<Group> {
    let mut points = Vec::from([100, 500, 2000].map(|members| Point::new(members, EIGHT)));
    points.push(Point::new(500, Pace::InFlight(64)));
    // As many requests on two nodes as on one, whatever their answers take.
    points.push(Point::new(100, HUNDREDS));
    points.push(Point::new(500, SIXTY));
    each(points, &NODES)
}

const NODES: [Server; 6] = [
    Server::Echo,
    Server::EchoNodes,
    Server::Filter,
    Server::FilterNodes,
    Server::Logged,
    Server::LoggedNodes,
];

/// What should change nothing: members, rooms, routes, and one who does not read.
pub(crate) fn scaling() -> Vec<Group> {
    let servers = [Server::Echo, Server::Filter];
    let cost = |points: [Point; 3]| Group::new(Compared::Cost, &servers, points);
    let members = |pace| [100, 500, 2000].map(|members| Point::new(members, pace));
    // Those who ask as soon as they are answered share the writes to one room, and cannot to many.
    let rooms = [1, 25, 1000].map(|rooms| Point {
        rooms,
        ..Point::new(500, HUNDREDS)
    });
    let idle_rooms = [0, 100, 1000].map(|idle_rooms| Point {
        idle_rooms,
        ..Point::new(500, EIGHT)
    });
    let routes = [10, 100, 500].map(|routes| Point {
        routes,
        ..Point::new(100, EIGHT)
    });
    let mut groups = Vec::from([members(EIGHT), idle_rooms, routes].map(cost));
    groups.extend([members(SIXTY), rooms].map(|points| Group {
        time: Some(ENOUGH_TO_COUNT),
        ..cost(points)
    }));
    // Large enough for what waits for the one who does not read to pass all bounds in the time.
    let stalled = [0, 1].map(|stalled| Point {
        stalled,
        payload: 16 * 1024,
        ..Point::new(100, SIXTY)
    });
    groups.push(Group {
        time: Some(UNTIL_EVICTED),
        ..Group::new(Compared::Slowest, &servers, stalled)
    });
    groups
}

/// Long enough for what little processor time it takes to be counted, in hundredths of a second.
const ENOUGH_TO_COUNT: Duration = Duration::from_secs(6);

/// Longer than it takes a server to lose patience with one who does not read.
const UNTIL_EVICTED: Duration = Duration::from_secs(20);

/// What a few seconds are enough for.
pub(crate) fn quick() -> Vec<Group> {
    let alone = Point {
        alone: true,
        ..Point::new(10, Pace::InFlight(10))
    };
    let idle = Point {
        idle_rooms: 50,
        ..Point::new(20, Pace::PerSecond(200))
    };
    each([small_room(), idle, alone], &Server::alone())
}

/// The same of what else is measured.
pub(crate) fn quick_of_the_rest() -> Vec<Group> {
    let rooms = [1, 5].map(|rooms| Point {
        rooms,
        ..Point::new(40, Pace::InFlight(1))
    });
    let routes = Point {
        routes: 20,
        ..small_room()
    };
    let stalled = Point {
        stalled: 1,
        ..small_room()
    };
    let ours = [Server::Filter];
    let mut groups = each([small_room()], &NODES);
    groups.extend([
        Group::new(Compared::Cost, &ours, rooms),
        Group::new(Compared::Cost, &ours, [routes]),
        Group::new(Compared::Slowest, &ours, [small_room(), stalled]),
    ]);
    groups
}

fn small_room() -> Point {
    Point::new(40, Pace::InFlight(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_have_as_many_members_as_a_request_is_said_to_reach_and_their_sender_among_them() {
        for (members, rooms) in [(500, 1), (500, 25), (500, 1000), (40, 5)] {
            let point = Point {
                rooms,
                ..Point::new(members, Pace::InFlight(1))
            };
            let of: Vec<Vec<String>> = (0..members).map(|m| point.rooms_of(m)).collect();
            let senders = point.senders();
            assert_eq!(senders.len(), rooms);
            for Sender { member, room } in senders {
                assert!(of[member].contains(&room), "{room}");
                let there = of.iter().filter(|rooms| rooms.contains(&room)).count();
                assert_eq!(there, point.audience(), "{room}");
            }
        }
    }
}

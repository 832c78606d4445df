//! What is measured: points on a grid of loads.

use std::fmt;

use serde::Serialize;

/// When a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Pace {
    /// When another was answered: so many are on their way at any time.
    InFlight(usize),
    /// At its time, so many each second, whatever has become of those before.
    PerSecond(u32),
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
    /// How many rooms there are besides, in which nothing happens.
    pub(crate) idle_rooms: usize,
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
            idle_rooms: 0,
            stalled: 0,
            payload: 64,
        }
    }

    /// How many members send. At a given pace it is few, so that each has a stream of its own to keep
    /// in order.
    pub(crate) fn senders(&self) -> usize {
        match self.pace {
            Pace::InFlight(requests) => requests.min(self.members),
            Pace::PerSecond(_) => self.members.min(8),
        }
    }

    /// The rooms of a member; the first is the one that it sends to.
    pub(crate) fn rooms_of(&self, member: usize) -> Vec<String> {
        let home = if self.alone {
            format!("bench:{member}")
        } else {
            "bench:all".to_owned()
        };
        let idle = (member..self.idle_rooms).step_by(self.members);
        let idle = idle.map(|number| format!("idle:{number}"));
        std::iter::once(home).chain(idle).collect()
    }

    /// How many deliveries a request leads to.
    pub(crate) fn audience(&self) -> usize {
        if self.alone { 1 } else { self.members }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} members", self.members)?;
        match self.pace {
            Pace::InFlight(requests) => write!(f, ", {requests} in flight")?,
            Pace::PerSecond(requests) => write!(f, ", {requests} requests/s")?,
        }
        if self.alone {
            f.write_str(", each alone")?;
        }
        if self.idle_rooms > 0 {
            write!(f, ", {} idle rooms", self.idle_rooms)?;
        }
        if self.stalled > 0 {
            write!(f, ", {} stalled", self.stalled)?;
        }
        if self.payload != 64 {
            write!(f, ", {} bytes", self.payload)?;
        }
        Ok(())
    }
}

/// What is measured when nothing else is said: five minutes or so.
pub(crate) fn default_points() -> Vec<Point> {
    let closed = [100, 500, 2000].map(|members| Point::new(members, Pace::InFlight(8)));
    let mut points = Vec::from(closed);
    points.push(Point::new(500, Pace::PerSecond(60)));
    points
}

/// Everything.
pub(crate) fn all_points() -> Vec<Point> {
    let mut points = Vec::new();
    for members in [100, 500, 2000] {
        for requests in [8, 64, 256] {
            points.push(Point::new(members, Pace::InFlight(requests)));
        }
    }
    let eight = Pace::InFlight(8);
    let open = Point::new(500, Pace::PerSecond(60));
    points.extend([
        open.clone(),
        Point { stalled: 1, ..open },
        Point {
            idle_rooms: 1000,
            ..Point::new(500, eight)
        },
        Point {
            alone: true,
            ..Point::new(64, eight)
        },
    ]);
    points
}

/// What a few seconds are enough for.
pub(crate) fn quick_points() -> Vec<Point> {
    vec![
        Point::new(40, Pace::InFlight(16)),
        Point {
            idle_rooms: 50,
            ..Point::new(20, Pace::PerSecond(200))
        },
        Point {
            alone: true,
            ..Point::new(10, Pace::InFlight(10))
        },
    ]
}

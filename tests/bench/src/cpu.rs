//! What a process has used of the processors.

use std::{fs, io, time::Duration};

/// Linux counts in ticks of ten milliseconds wherever one is likely to run this.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of a process so far.
pub(crate) fn used(pid: u32) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program, in brackets, may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u32 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .sum();
    Ok(TICK * ticks)
}

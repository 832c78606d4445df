//! What the members have heard: whether it is all, in its order, and how long it took.

use std::{collections::HashMap, time::Instant};

use super::plan::Point;

/// What the payload of a request begins with: its sender, the sender's number for it, and when it was
/// sent. All have a fixed width, so that they are where they were in the packet before.
const SENDER: usize = 6;
const NUMBER: usize = 8;
const SENT_AT: usize = 10;

/// The shortest payload.
pub(super) const MIN_PAYLOAD: usize = SENDER + NUMBER + SENT_AT;

/// What all times and numbers begin at, for the same reason.
const FIRST_MICROS: u64 = 1_000_000_000;
const FIRST_NUMBER: u64 = 10_000_000;

const PAYLOAD: &[u8] = br#""payload":""#;
const ANSWER: &[u8] = br#"42["sync-"#;
const DELIVERY: &[u8] = br#"42["sync",{"#;

/// Counts of what was heard.
#[derive(Debug, Default, Clone)]
pub(super) struct Heard {
    pub(super) requests: usize,
    pub(super) answers: usize,
    /// An answer that was an error, if one was.
    pub(super) refused: Option<String>,
    pub(super) deliveries: usize,
    /// Deliveries that came after a later one of the same sender, or twice.
    pub(super) disordered: usize,
    /// Deliveries with another recipient's part.
    pub(super) mixed_up: usize,
    /// How many microseconds each answer and each delivery took.
    pub(super) answer_micros: Vec<u32>,
    pub(super) delivery_micros: Vec<u32>,
}

impl Heard {
    /// How many deliveries did not come of those that the requests lead to, each to so many members.
    pub(super) fn lost(&self, audience: usize) -> usize {
        (self.requests * audience).saturating_sub(self.deliveries)
    }
}

pub(super) struct Tally {
    begun: Instant,
    senders: usize,
    /// The number of the next request, whoever sends it.
    next: u64,
    /// When each request that has not been answered was sent.
    unanswered: HashMap<u64, u64>,
    /// The last number of each sender that each member has heard.
    last_heard: Vec<u64>,
    /// What a delivery to each member ends with, if it has a part of its own.
    ends: Option<Vec<Vec<u8>>>,
    /// Where in a delivery the payload was the last time.
    payload_at: usize,
    filler: String,
    pub(super) heard: Heard,
}

/// What a packet was.
pub(super) enum Packet {
    Ping,
    Answer,
    Other,
}

impl Tally {
    pub(super) fn new(point: &Point, tokens: Option<Vec<String>>) -> Self {
        let senders = point.senders().len();
        let end = |token: String| format!(r#""me":"{token}"}}}}]"#).into_bytes();
        Self {
            begun: Instant::now(),
            senders,
            next: FIRST_NUMBER,
            unanswered: HashMap::new(),
            last_heard: vec![0; senders * point.members],
            ends: tokens.map(|tokens| tokens.into_iter().map(end).collect()),
            payload_at: 0,
            filler: "x".repeat(point.payload - MIN_PAYLOAD),
            heard: Heard::default(),
        }
    }

    pub(super) fn now(&self) -> u64 {
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        micros.saturating_add(FIRST_MICROS)
    }

    /// The next request of a sender.
    pub(super) fn request(&mut self, sender: usize, route: &str, room: &str) -> String {
        let now = self.now();
        let number = self.next;
        self.next += 1;
        self.unanswered.insert(number, now);
        self.heard.requests += 1;
        let filler = &self.filler;
        format!(
            concat!(
                r#"42["sync",{{"name":"sync/{}","cb":"{}","#,
                r#""data":{{"seq":{},"ts":{},"payload":"{:06}{:08}{:010}{}"}},"#,
                r#""receiver":"{}","responseIndex":{}}}]"#
            ),
            route, route, number, now, sender, number, now, filler, room, number
        )
    }

    /// Takes note of a packet.
    pub(super) fn hear(&mut self, member: usize, packet: &[u8], now: u64) -> Packet {
        if packet.starts_with(DELIVERY) {
            self.delivered(member, packet, now);
        } else if let Some(answer) = packet.strip_prefix(ANSWER)
            && answer.first().is_some_and(u8::is_ascii_digit)
        {
            self.answered(answer, now);
            return Packet::Answer;
        } else if packet == b"2" {
            return Packet::Ping;
        }
        Packet::Other
    }

    fn delivered(&mut self, member: usize, packet: &[u8], now: u64) {
        let Some((sender, number, sent_at)) = self.marks(packet) else {
            return;
        };
        self.heard.deliveries += 1;
        let took = now.saturating_sub(sent_at);
        self.heard
            .delivery_micros
            .push(u32::try_from(took).unwrap_or(u32::MAX));
        let last = &mut self.last_heard[member * self.senders + sender];
        if number <= *last {
            self.heard.disordered += 1;
        }
        *last = number.max(*last);
        if let Some(ends) = &self.ends
            && !packet.ends_with(&ends[member])
        {
            self.heard.mixed_up += 1;
        }
    }

    /// The sender of a delivery, its number, and when it was sent.
    fn marks(&mut self, packet: &[u8]) -> Option<(usize, u64, u64)> {
        let is_there = |at: usize| {
            packet
                .get(at..)
                .is_some_and(|rest| rest.starts_with(PAYLOAD))
        };
        if !is_there(self.payload_at) {
            self.payload_at = (0..packet.len()).find(|at| is_there(*at))?;
        }
        let marks = packet.get(self.payload_at + PAYLOAD.len()..)?;
        let (sender, marks) = marks.split_at_checked(SENDER)?;
        let (number, marks) = marks.split_at_checked(NUMBER)?;
        let sent_at = marks.get(..SENT_AT)?;
        let sender = usize::try_from(decimal(sender)).ok()?;
        (sender < self.senders).then(|| (sender, decimal(number), decimal(sent_at)))
    }

    /// Takes note of an answer: `<index>",{"status":"...`
    fn answered(&mut self, answer: &[u8], now: u64) {
        self.heard.answers += 1;
        let end = answer.iter().position(|byte| *byte == b'"');
        let (index, rest) = answer.split_at(end.unwrap_or(0));
        if !rest.starts_with(br#"",{"status":"success""#) {
            let answer = || String::from_utf8_lossy(answer).into_owned();
            self.heard.refused.get_or_insert_with(answer);
        }
        if let Some(sent_at) = self.unanswered.remove(&decimal(index)) {
            let took = now.saturating_sub(sent_at);
            self.heard
                .answer_micros
                .push(u32::try_from(took).unwrap_or(u32::MAX));
        }
    }
}

fn decimal(digits: &[u8]) -> u64 {
    let shifted = |number: u64, digit: &u8| number * 10 + u64::from(digit.wrapping_sub(b'0') % 10);
    digits.iter().fold(0, shifted)
}

#[cfg(test)]
mod tests {
    use super::{super::plan::Pace, *};

    fn tally() -> Tally {
        let point = Point::new(2, Pace::InFlight(2));
        Tally::new(&point, Some(vec!["bench-0".into(), "bench-1".into()]))
    }

    fn delivery(request: &str, me: &str) -> Vec<u8> {
        let from = request.find(r#"{"seq""#).expect("data");
        let to = request.find(r#","receiver""#).expect("data");
        let data = &request[from + 1..to];
        format!(r#"42["sync",{{"serverOutput":{{"status":"success",{data},"clientOutput":{{"me":"{me}"}}}}]"#)
            .into_bytes()
    }

    #[test]
    fn what_comes_late_or_twice_or_for_another_is_told_from_what_is_right() {
        let mut tally = tally();
        let first = tally.request(1, "bench/echo/v1", "bench:all");
        let second = tally.request(1, "bench/echo/v1", "bench:all");
        for (request, member, disordered, mixed_up) in [
            (&first, 0, 0, 0),
            (&second, 0, 0, 0),
            (&second, 1, 0, 0),
            (&first, 1, 1, 0),
            (&second, 0, 2, 0),
        ] {
            let packet = delivery(request, &format!("bench-{member}"));
            tally.hear(member, &packet, tally.now());
            assert_eq!(tally.heard.disordered, disordered);
            assert_eq!(tally.heard.mixed_up, mixed_up);
        }
        tally.hear(0, &delivery(&first, "bench-1"), tally.now());
        assert_eq!(tally.heard.mixed_up, 1);
        assert_eq!(tally.heard.deliveries, 6);
    }

    #[test]
    fn what_has_not_come_to_some_member_is_lost() {
        let mut tally = tally();
        let request = tally.request(0, "bench/echo/v1", "bench:all");
        for lost in [2, 1] {
            assert_eq!(tally.heard.lost(2), lost);
            tally.hear(lost - 1, &delivery(&request, "bench-0"), tally.now());
        }
        assert_eq!(tally.heard.lost(2), 0);
    }

    #[test]
    fn answers_are_matched_by_their_index_and_errors_are_kept() {
        let mut tally = tally();
        for _ in 0..2 {
            tally.request(0, "bench/echo/v1", "bench:all");
        }
        for index in [FIRST_NUMBER + 1, FIRST_NUMBER] {
            let answer = format!(r#"42["sync-{index}",{{"status":"success"}}]"#);
            tally.hear(0, answer.as_bytes(), tally.now());
        }
        assert_eq!(
            (tally.heard.answers, tally.heard.answer_micros.len()),
            (2, 2)
        );
        assert!(tally.heard.refused.is_none());
        tally.hear(0, br#"42["sync-1",{"status":"error"}]"#, 0);
        assert!(tally.heard.refused.is_some());
    }
}

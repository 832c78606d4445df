//! The law of routes with history, tried on random runs: what a member hears is the order of its room
//! without a gap, a repetition or an exchange, over all its connections, unless it is told that it
//! missed something.
//!
//! One connection, the witness, is there all the time and in every room first: what it hears is the
//! order.

use std::collections::HashMap;

use sync_runtime::{Config, Sessions};

use super::*;
use crate::Random;

const NAMES: [&str; 4] = ["witness", "grace", "slow", "deaf"];
const STEPS: usize = 40;

/// One connection of a member, as it remembers it.
#[derive(Debug)]
struct Stay {
    begin: Begin,
    heard: Vec<(String, String)>,
}

#[derive(Debug)]
enum Begin {
    /// It joined the room here.
    Joined(String),
    /// It goes on from here, where its last stay ended.
    Resumed(String),
    /// It tried to go on from the first, and was told to go on from the second.
    Lost(String, String),
    /// It went on without resuming, and was told that it had been sent everything up to here.
    WentOn(String),
}

struct Member {
    name: &'static str,
    cookie: String,
    connection: Option<(Client, Begin)>,
    is_in_room: bool,
    /// Up to where it has heard everything, or was told not to look for.
    last: Option<String>,
    stays: Vec<Stay>,
    /// Where the answers come that it still waits for.
    asked: Vec<String>,
}

struct Run {
    seed: u64,
    random: Random,
    sessions: Sessions<crate::app::User>,
    server: Server,
    members: Vec<Member>,
    said: usize,
}

impl Run {
    async fn new(seed: u64) -> Self {
        let sessions = Sessions::in_memory();
        let server = start(&sessions);
        let mut members = Vec::new();
        for name in NAMES {
            members.push(Member {
                name,
                cookie: server.log_in(name).await,
                connection: None,
                is_in_room: false,
                last: None,
                stays: Vec::new(),
                asked: Vec::new(),
            });
        }
        let mut run = Self {
            seed,
            random: Random(seed),
            sessions,
            server,
            members,
            said: 0,
        };
        for who in 0..NAMES.len() {
            run.connect(who).await;
            run.join(who).await;
        }
        run
    }

    async fn step(&mut self) {
        let who = self.random.below(NAMES.len());
        let is_witness = who == 0;
        let is_connected = self.members[who].connection.is_some();
        let is_in_room = self.members[who].is_in_room;
        match self.random.below(20) {
            0..10 if is_connected && is_in_room => self.say(who).await,
            10..12 if is_connected && !is_witness => self.disconnect(who).await,
            12 if is_connected && is_in_room && !is_witness => self.leave(who).await,
            13 if is_connected => self.listen(who).await,
            14 => self.say_elsewhere().await,
            15 if self.random.below(5) == 0 => self.restart().await,
            _ if !is_connected => self.connect(who).await,
            _ if !is_in_room => self.join(who).await,
            _ => {}
        }
    }

    /// Says something, without waiting for it.
    async fn say(&mut self, who: usize) {
        self.said += 1;
        let route = [SAY, SHAPED, SHAPED, "log/few/v1"][self.random.below(4)];
        let ignore_self = who != 0 && self.random.below(4) == 0;
        let member = &mut self.members[who];
        // What is said says also who is to hear it.
        let text = format!("{} {} {ignore_self} {route}", self.said, member.name);
        let (pauses, wait) = (self.random.below(8), self.random.below(3));
        let data = if route == SHAPED {
            json!({ "text": text, "pauses": pauses, "wait": wait })
        } else {
            json!({ "text": text })
        };
        let index = 1_000_000 + self.said;
        let packet = json!({
            "name": format!("sync/{route}"), "cb": route, "data": data, "receiver": ROOM,
            "responseIndex": index, "ignoreSelf": ignore_self,
        });
        let (client, _) = member.connection.as_mut().expect("a connection");
        client.emit("sync", &packet).await;
        member.asked.push(format!("sync-{index}"));
        if self.random.below(2) == 0 {
            member.hear_answers().await;
        }
    }

    /// Has the log of the room forgotten, for only two rooms have one.
    async fn say_elsewhere(&mut self) {
        let others = 1 + self.random.below(2);
        let (witness, _) = self.members[0].connection.as_mut().expect("a connection");
        for number in 0..others {
            let room = format!("other {number}");
            witness.room("joinRoom", &room).await;
            let answer = witness.request(SAY, &room, json!({ "text": "" })).await;
            assert_eq!(answer["status"], "success", "{answer}");
        }
    }

    async fn connect(&mut self, who: usize) {
        let goes_on = who != 0 && self.random.below(4) == 0;
        if goes_on {
            self.hear_answers().await;
        }
        let member = &mut self.members[who];
        let mut client = Client::connect(&self.server.router, &member.cookie).await;
        if !member.is_in_room {
            member.connection = Some((client, Begin::Joined(String::new())));
            return;
        }
        let last = member.last.clone().expect("an offset");
        let begin = if goes_on {
            let listed = client.list().await;
            let told = text(&listed["offsets"][ROOM]);
            wait_until_live(&mut client, &told).await;
            Begin::WentOn(told)
        } else {
            let answer = client.resume(&json!({ ROOM: last })).await;
            let resumed = &answer["rooms"][ROOM];
            match resumed["recovered"].as_bool() {
                Some(true) => Begin::Resumed(last),
                _ => Begin::Lost(last, text(&resumed["offset"])),
            }
        };
        member.connection = Some((client, begin));
    }

    async fn join(&mut self, who: usize) {
        self.hear_answers().await;
        let member = &mut self.members[who];
        let (client, begin) = member.connection.as_mut().expect("a connection");
        let joined = client.room("joinRoom", ROOM).await;
        let told = text(&joined["offsets"][ROOM]);
        wait_until_live(client, &told).await;
        *begin = Begin::Joined(told);
        member.is_in_room = true;
    }

    async fn leave(&mut self, who: usize) {
        let member = &mut self.members[who];
        let (mut client, begin) = member.connection.take().expect("a connection");
        client.room("leaveRoom", ROOM).await;
        member.end(&mut client, begin);
        member.is_in_room = false;
        member.connection = Some((client, Begin::Joined(String::new())));
    }

    /// Hears what has come.
    async fn listen(&mut self, who: usize) {
        let (client, _) = self.members[who].connection.as_mut().expect("a connection");
        client.list().await;
    }

    async fn disconnect(&mut self, who: usize) {
        let is_orderly = self.random.below(2) == 0;
        let member = &mut self.members[who];
        // Else they could be recorded when nobody hears it any more.
        member.hear_answers().await;
        let (mut client, begin) = member.connection.take().expect("a connection");
        if member.is_in_room {
            member.end(&mut client, begin);
        }
        if is_orderly {
            client.close().await;
        }
    }

    /// Another process takes over, with the same sessions.
    async fn restart(&mut self) {
        // Else the witness would miss what only others have heard.
        self.settle().await;
        for who in 0..NAMES.len() {
            if self.members[who].connection.is_some() {
                self.disconnect(who).await;
            }
        }
        self.server = start(&self.sessions);
        self.connect(0).await;
    }

    /// Waits until all that was said is recorded. Where a connection is not live yet, so much could be
    /// recorded that it would be closed because of what is no longer kept.
    async fn hear_answers(&mut self) {
        for member in &mut self.members {
            member.hear_answers().await;
        }
    }

    /// Waits until all have heard all there is.
    async fn settle(&mut self) {
        self.hear_answers().await;
        self.said += 1;
        let text = format!("{} witness false {SAY}", self.said);
        let (witness, _) = self.members[0].connection.as_mut().expect("a connection");
        let answer = witness.request(SAY, ROOM, json!({ "text": text })).await;
        assert_eq!(answer["status"], "success", "{answer}");
        for member in &mut self.members {
            let Some((client, _)) = member.connection.as_mut().filter(|_| member.is_in_room) else {
                continue;
            };
            client
                .hear_delivery(|delivery| heard(delivery) == text)
                .await;
        }
    }

    async fn check(mut self) {
        self.settle().await;
        for member in &mut self.members {
            if let Some((mut client, begin)) = member.connection.take()
                && member.is_in_room
            {
                member.end(&mut client, begin);
            }
        }
        let heard = self.members[0].stays.iter().flat_map(|stay| &stay.heard);
        let order: Vec<&(String, String)> = heard.collect();
        let places: HashMap<_, _> = order
            .iter()
            .zip(0..)
            .map(|((at, _), place)| (at, place))
            .collect();
        assert_eq!(places.len(), order.len(), "seed {}: heard twice", self.seed);
        let order = Order {
            seed: self.seed,
            said: &order,
            places: &places,
        };
        for member in &self.members {
            for stay in &member.stays {
                order.check(member.name, stay);
            }
        }
    }
}

impl Member {
    async fn hear_answers(&mut self) {
        let Some((client, _)) = &mut self.connection else {
            return;
        };
        for answer in self.asked.drain(..) {
            client.hear(&answer).await;
        }
    }

    /// Remembers a stay that is over.
    fn end(&mut self, client: &mut Client, begin: Begin) {
        let heard: Vec<_> = client
            .take_deliveries()
            .iter()
            .filter(|delivery| delivery["room"] == ROOM)
            .map(|delivery| (text(&delivery["offset"]), heard(delivery).to_owned()))
            .collect();
        let told = match &begin {
            Begin::Joined(at) | Begin::Resumed(at) | Begin::Lost(_, at) | Begin::WentOn(at) => at,
        };
        let is_further = |at: &&String| epoch(at) != epoch(told) || number(at) > number(told);
        let last = heard.last().map(|(at, _)| at).filter(is_further);
        self.last = Some(last.unwrap_or(told).clone());
        self.stays.push(Stay { begin, heard });
    }
}

/// Until then the log could be forgotten, and the connection would be closed because of it.
async fn wait_until_live(client: &mut Client, told: &str) {
    let answer = client.resume(&json!({ ROOM: told })).await;
    let resumed = json!({ "recovered": true, "count": 0 });
    assert_eq!(answer["rooms"][ROOM], resumed);
}

struct Order<'a> {
    seed: u64,
    said: &'a [&'a (String, String)],
    places: &'a HashMap<&'a String, usize>,
}

impl Order<'_> {
    fn check(&self, name: &str, stay: &Stay) {
        let mut heard = stay.heard.iter().map(|(at, said)| {
            let place = self.places.get(at);
            let place =
                *place.unwrap_or_else(|| panic!("seed {}: {name}: what is {at}?", self.seed));
            assert_eq!(&self.said[place].1, said, "seed {}: {name}", self.seed);
            place
        });
        let next = match &stay.begin {
            Begin::Resumed(at) => self.after(at),
            Begin::Joined(at) | Begin::WentOn(at) => {
                // It may have been sent some before it was told.
                let Some(first) = heard.next() else { return };
                let after = self.after(at);
                assert!(after.is_none_or(|after| first <= after || self.none_between(name, after, first)),
                    "seed {}: {name} missed something before {first}", self.seed);
                Some(first + 1)
            }
            Begin::Lost(last, told) => {
                let (last, told) = (self.after(last), self.after(told));
                let begun: Vec<_> = heard.collect();
                let (before, after): (Vec<_>, Vec<_>) = begun
                    .into_iter()
                    .partition(|place| told.is_some_and(|told| *place < told));
                self.follow(name, stay, last, before.into_iter());
                self.follow(name, stay, told, after.into_iter());
                return;
            }
        };
        self.follow(name, stay, next, heard);
    }

    /// What is heard from a place on, where that is known.
    fn follow(
        &self,
        name: &str,
        stay: &Stay,
        next: Option<usize>,
        heard: impl Iterator<Item = usize>,
    ) {
        let mut next = next;
        for place in heard {
            let expected = next.unwrap_or(place);
            assert!(
                place >= expected,
                "seed {}: {name} heard {place} again in {stay:#?} of {:#?}",
                self.seed,
                self.said
            );
            assert!(
                self.none_between(name, expected, place),
                "seed {}: {name} missed something between {expected} and {place} in {stay:#?} of {:#?}",
                self.seed,
                self.said
            );
            next = Some(place + 1);
        }
    }

    /// Whether nothing from one place up to another was for somebody.
    fn none_between(&self, name: &str, from: usize, to: usize) -> bool {
        self.said[from..to]
            .iter()
            .all(|(_, said)| !is_for(name, said))
    }

    /// The place after an offset. That of one that is before all of an epoch of which nothing was heard
    /// cannot be known.
    fn after(&self, at: &String) -> Option<usize> {
        if number(at) > 0 {
            return self.places.get(at).map(|place| place + 1);
        }
        self.said
            .iter()
            .position(|(other, _)| epoch(other) == epoch(at))
    }
}

/// Whether something said is for somebody.
fn is_for(name: &str, said: &str) -> bool {
    let words: Vec<_> = said.split(' ').collect();
    let [_, sender, ignores_self, route] = words[..] else {
        panic!("what is {said}?");
    };
    let is_own = sender == name && ignores_self == "true";
    let is_skipped = name == "deaf" && route == SHAPED;
    !is_own && !is_skipped
}

fn start(sessions: &Sessions<crate::app::User>) -> Server {
    let config = Config {
        history_rooms: 2,
        ..patient()
    };
    app::server_of(sessions.clone(), config)
}

/// How many runs there are; `SYNC_RUNS` says otherwise.
const RUNS: u64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_member_hears_every_event_once_in_one_order_or_is_told_that_it_did_not() {
    let runs = std::env::var("SYNC_RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok());
    for seed in 0..runs.unwrap_or(RUNS) {
        let mut run = Run::new(seed).await;
        for _ in 0..STEPS {
            run.step().await;
        }
        run.check().await;
    }
}

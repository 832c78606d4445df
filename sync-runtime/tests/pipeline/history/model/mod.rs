//! The law of routes with history, tried on random runs: what a member hears is the order of its room
//! without a gap, a repetition or an exchange, over all its connections, unless it is told that it
//! missed something.
//!
//! One connection, the witness, is there all the time and in every room first: what it hears is the
//! order.

mod order;
mod world;

use std::collections::HashMap;

use tokio::runtime::{Builder, Runtime};

use self::{
    order::{Begin, Order, Stay},
    world::World,
};
use super::*;
use crate::Random;
#[cfg(feature = "redis")]
use crate::cluster::redis_server::RedisServer;

const NAMES: [&str; 4] = ["witness", "grace", "slow", "deaf"];
const STEPS: usize = 40;

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
    world: World,
    servers: Vec<Server>,
    members: Vec<Member>,
    said: usize,
}

impl Run {
    async fn new(seed: u64, world: World) -> Self {
        let servers = world.start().await;
        let mut members = Vec::new();
        for name in NAMES {
            members.push(Member {
                name,
                cookie: servers[0].log_in(name).await,
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
            world,
            servers,
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
            16 if self.world.is_shared() => self.world.interrupt().await,
            17 if self.world.is_shared() && self.random.below(5) == 0 => self.lose_data().await,
            _ if !is_connected => self.connect(who).await,
            _ if !is_in_room => self.join(who).await,
            _ => {}
        }
    }

    /// Says something, without waiting for it.
    async fn say(&mut self, who: usize) {
        self.said += 1;
        // Where nodes are interrupted, what one of them misses must still be kept.
        let last = if self.world.is_shared() {
            SAY
        } else {
            "log/few/v1"
        };
        let route = [SAY, SHAPED, SHAPED, last][self.random.below(4)];
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
            self.said += 1;
            let text = self.said.to_string();
            let answer = witness.request(SAY, &room, json!({ "text": text })).await;
            assert_eq!(answer["status"], "success", "{answer}");
            // It is live there then, and is not closed when the log is lost.
            witness
                .hear_delivery(|delivery| heard(delivery) == text)
                .await;
        }
    }

    async fn connect(&mut self, who: usize) {
        let goes_on = who != 0 && self.random.below(4) == 0;
        if goes_on {
            self.hear_answers().await;
        }
        let server = &self.servers[self.random.below(self.servers.len())];
        let member = &mut self.members[who];
        let mut client = Client::connect(&server.router, &member.cookie).await;
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

    /// The log begins anew where nothing was missed, and members are told so.
    async fn lose_data(&mut self) {
        self.settle().await;
        for member in &mut self.members {
            if let Some((client, _)) = &mut member.connection {
                // One that is not live yet would be closed. The witness is in other rooms as well.
                let listed = client.list().await;
                client.resume(&listed["offsets"]).await;
            }
        }
        self.world.lose_data().await;
        for member in &mut self.members {
            let Some((client, _)) = member.connection.as_mut().filter(|_| member.is_in_room) else {
                continue;
            };
            let is_told = |gap: &Value| {
                let is_of_room = gap["rooms"] == json!([ROOM]) && gap["offsets"][ROOM].is_string();
                gap["reason"] == "newEpoch" && is_of_room
            };
            while !is_told(&client.hear("sync-gap").await) {}
        }
    }

    /// Other processes take over, with the same sessions.
    async fn restart(&mut self) {
        // Else the witness would miss what only others have heard.
        self.settle().await;
        for who in 0..NAMES.len() {
            if self.members[who].connection.is_some() {
                self.disconnect(who).await;
            }
        }
        self.servers = self.world.start().await;
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
        // That something else may have been missed is of live routes, or of other rooms.
        let gaps = client.take("sync-gap");
        let is_other = |gap: &Value| gap["reason"] == "cluster" || gap["rooms"] != json!([ROOM]);
        assert!(gaps.iter().all(is_other), "{gaps:?}");
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

/// How many runs there are; `SYNC_RUNS` says otherwise.
const RUNS: u64 = 100;

fn run(default: u64, world: impl AsyncFn(u64) -> World) {
    let runs = std::env::var("SYNC_RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok());
    for seed in 0..runs.unwrap_or(default) {
        // Of its own, so that the servers end with it.
        runtime().block_on(async {
            let mut run = Run::new(seed, world(seed).await).await;
            for _ in 0..STEPS {
                run.step().await;
            }
            run.check().await;
        });
    }
}

fn runtime() -> Runtime {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build();
    runtime.expect("a runtime")
}

#[test]
fn every_member_hears_every_event_once_in_one_order_or_is_told_that_it_did_not() {
    run(RUNS, async |_| World::in_memory());
}

/// Each run has nodes of its own, which take their time to connect.
#[cfg(feature = "redis")]
const CLUSTER_RUNS: u64 = 30;

#[cfg(feature = "redis")]
#[test]
fn so_do_the_members_on_two_nodes_that_lose_their_subscriptions_and_their_redis_its_data() {
    let redis = runtime().block_on(RedisServer::start());
    run(CLUSTER_RUNS, async |seed| {
        World::in_redis(&redis, seed).await
    });
}

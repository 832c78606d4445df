//! A model's tokens to a room, one by one and throttled.

use std::{error::Error, time::Duration};

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::{
    Outcome,
    load::{Member, Server, ServerProcess},
    now_micros, sessions, usage,
};

const ROOM: &str = "bench:tokens";
const TOKENS: u32 = 1_000;
/// 500 tokens a second: a fast model.
const PAUSE: Duration = Duration::from_millis(2);

/// What one run came to.
struct Run {
    messages: usize,
    lost: usize,
    server: Duration,
    load: Duration,
    /// From the last token to its arrival, for each member, the shortest first.
    last: Vec<Duration>,
}

/// Measures both ways, several rounds in turn, and prints a table.
pub(crate) async fn run(members: usize, rounds: usize) -> Outcome {
    println!("{TOKENS} tokens of 4 characters, one in {PAUSE:?}, to {members} members");
    println!("          messages  lost  server CPU  load CPU  last chunk p50      p99");
    for _ in 0..rounds {
        for throttled in [false, true] {
            let run = measure(members, throttled).await?;
            println!(
                "{:<9} {:>8} {:>5} {:>8} ms {:>6} ms {:>11.1} ms {:>5.1} ms",
                if throttled { "throttled" } else { "one by one" },
                run.messages,
                run.lost,
                run.server.as_millis(),
                run.load.as_millis(),
                millis(run.last[run.last.len() / 2]),
                millis(run.last[run.last.len() * 99 / 100]),
            );
            if run.lost > 0 {
                return Err("text was lost".into());
            }
        }
    }
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

async fn measure(members: usize, throttled: bool) -> Result<Run, Box<dyn Error + Send + Sync>> {
    let server = ServerProcess::start(Server::Echo, &[])?;
    let mut room = Vec::new();
    for member in 0..members {
        room.push(Member::join(server.address, &sessions::token(member), ROOM).await?);
    }
    let (server_before, load_before) = (server.cpu()?, usage::cpu(std::process::id())?);
    let data = json!({
        "count": TOKENS,
        "pauseMicros": PAUSE.as_micros(),
        "throttled": throttled,
    });
    room[0].request("bench/tokens/v1", ROOM, data).await?;
    let heard = try_join_all(room.iter_mut().map(hear)).await?;
    let expected = TOKENS as usize * "four".len();
    let mut last: Vec<_> = heard.iter().map(|heard| heard.last).collect();
    last.sort_unstable();
    Ok(Run {
        messages: heard.iter().map(|heard| heard.messages).sum(),
        lost: heard.iter().filter(|heard| heard.chars != expected).count(),
        server: server.cpu()?.saturating_sub(server_before),
        load: usage::cpu(std::process::id())?.saturating_sub(load_before),
        last,
    })
}

struct Heard {
    messages: usize,
    chars: usize,
    last: Duration,
}

/// Reads chunks until the delivery that ends them.
async fn hear(member: &mut Member) -> Result<Heard, Box<dyn Error + Send + Sync>> {
    const CHUNK: &[u8] = br#"42["sync",{"chunk":""#;
    const DELIVERY: &[u8] = br#"42["sync",{"cb":""#;
    let mut heard = Heard {
        messages: 0,
        chars: 0,
        last: Duration::ZERO,
    };
    let (mut last_chunk, mut delivery) = (0, None);
    member
        .read(|packet| {
            if let Some(text) = packet.strip_prefix(CHUNK) {
                heard.messages += 1;
                heard.chars += text.iter().take_while(|byte| **byte != b'"').count();
                last_chunk = now_micros();
            } else if packet.starts_with(DELIVERY) {
                delivery = Some(packet[2..].to_vec());
            }
            delivery.is_none()
        })
        .await?;
    let delivery: Value = serde_json::from_slice(&delivery.unwrap_or_default())?;
    let said = delivery[1]["serverOutput"]["lastAtMicros"].as_u64();
    heard.last = Duration::from_micros(last_chunk.saturating_sub(said.unwrap_or_default()));
    Ok(heard)
}

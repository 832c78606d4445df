//! Answers in Redis, for an app that runs as several nodes: a request runs once on all of them.
//!
//! Whoever runs a request claims it in Redis first, and puts the answer there in place of the claim. A
//! claim ends by itself after a lease, which its node prolongs as long as the request runs; so that
//! of a node that dies ends too.

mod held;
mod stored;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use redis::{FromRedisValue, Script, ScriptInvocation, aio::ConnectionManager};
use sha2::{Digest, Sha256};
use tokio::{
    runtime::Handle,
    task::JoinHandle,
    time::{sleep, timeout},
};
use uuid::Uuid;

use self::{
    held::{Due, Held, OwnClaim},
    stored::Stored,
};
use super::{
    Answer, Attempt, Begun, Claim, Content, Forgetful, MemoryBounds, MemoryRepeats, Repeats,
    RequestKey, RequestSender,
};
use crate::{observe, redis_connection::Outage};

/// How often claims are looked at that may have to be prolonged, and answers that Redis has not taken.
const SEE_TO_IT: Duration = Duration::from_secs(1);

/// How often a repeat looks whether the request has ended that another node runs.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How many commands are under way at the same time to prolong claims.
const AT_ONCE: usize = 64;

/// What the answers in Redis are kept by.
pub(crate) struct Settings {
    pub(crate) prefix: String,
    /// How long a command may take.
    pub(crate) timeout: Duration,
    /// How long a claim lives that its node does not prolong.
    pub(crate) lease: Duration,
    pub(crate) bounds: MemoryBounds,
}

/// Answers in Redis, and in memory those of this node: its own requests are waited for there.
///
/// While Redis does not answer, requests run that their clients make for the first time, and Redis
/// is told later. What was made before is refused: it may have run on another node.
pub(crate) struct RedisRepeats {
    here: MemoryRepeats,
    shared: Arc<Shared>,
}

struct Shared {
    connection: ConnectionManager,
    runtime: Handle,
    settings: Settings,
    node: String,
    scripts: Scripts,
    outage: Outage,
    held: Held,
}

struct Scripts {
    claim: Script,
    put: Script,
    release: Script,
}

impl RedisRepeats {
    /// The tasks run on `runtime`, until this is dropped.
    pub(crate) fn new(connection: ConnectionManager, runtime: Handle, settings: Settings) -> Self {
        let shared = Arc::new(Shared {
            connection,
            node: Uuid::new_v4().simple().to_string(),
            scripts: Scripts {
                claim: Script::new(include_str!("claim.lua")),
                put: Script::new(include_str!("put.lua")),
                release: Script::new(include_str!("release.lua")),
            },
            outage: Outage::none(),
            held: Held::new(settings.bounds, settings.lease),
            runtime: runtime.clone(),
            settings,
        });
        runtime.spawn(see_to_it(Arc::downgrade(&shared)));
        Self {
            here: MemoryRepeats::new(shared.settings.bounds),
            shared,
        }
    }
}

impl Repeats for RedisRepeats {
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Begun, Forgetful>> {
        async move {
            match self.here.begin(attempt).await? {
                Begun::First(here) => self.shared.begin(attempt, here).await,
                known => Ok(known),
            }
        }
        .boxed()
    }
}

impl Shared {
    /// Begins a request that does not run on this node.
    async fn begin(
        self: &Arc<Self>,
        attempt: &Attempt,
        here: Box<dyn Claim>,
    ) -> Result<Begun, Forgetful> {
        let claim = self.claim(attempt, here);
        let Ok(known) = self.ask(&claim.own).await else {
            return if attempt.is_repeat {
                Err(Forgetful)
            } else {
                Ok(Begun::First(Box::new(claim)))
            };
        };
        let Some(known) = known else {
            return Ok(Begun::First(Box::new(claim)));
        };
        // Others of this node wait for this one to find out.
        let here = claim.give_way();
        match stored::read(&known, attempt.content) {
            Some(Stored::Other) => Ok(Begun::Other),
            Some(Stored::Answered(answer)) => Ok(Begun::Before(Arc::new(answer))),
            Some(Stored::Runs) => Ok(Begun::Running(
                async move {
                    sleep(LOOK_AGAIN).await;
                    drop(here);
                }
                .boxed(),
            )),
            None => {
                tracing::error!(
                    "the answer to a request is not understood: another version of the app wrote it"
                );
                Err(Forgetful)
            }
        }
    }

    /// Claims a request, or gives what is known of it.
    async fn ask(&self, claim: &OwnClaim) -> Result<Option<String>, Forgetful> {
        let mut script = self.scripts.claim.prepare_invoke();
        script
            .key(&*claim.key)
            .arg(&*claim.value)
            .arg(milliseconds(self.settings.lease));
        self.run(&script).await
    }

    /// Puts something in the place of a claim; `false` when that is no longer this node's.
    async fn put(&self, due: &Due) -> Result<bool, Forgetful> {
        let mut script = self.scripts.put.prepare_invoke();
        script
            .key(&*due.claim.key)
            .arg(&*due.claim.value)
            .arg(&*due.value)
            .arg(milliseconds(due.life));
        self.run(&script).await
    }

    async fn release(&self, claim: &OwnClaim) -> Result<(), Forgetful> {
        let mut script = self.scripts.release.prepare_invoke();
        script.key(&*claim.key).arg(&*claim.value);
        self.run(&script).await
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Forgetful> {
        if !self.outage.lets_ask() {
            return Err(Forgetful);
        }
        let mut connection = self.connection.clone();
        match timeout(self.settings.timeout, script.invoke_async(&mut connection)).await {
            Ok(Ok(answer)) => {
                if self.outage.ended() {
                    tracing::info!("Redis knows of requests again");
                }
                Ok(answer)
            }
            Ok(Err(error)) => Err(self.does_not_answer(&error)),
            Err(late) => Err(self.does_not_answer(&late)),
        }
    }

    fn does_not_answer(&self, why: &dyn fmt::Display) -> Forgetful {
        if self.outage.began() {
            tracing::warn!(%why, "Redis does not know of requests: those that were made before are refused until it does");
        }
        Forgetful
    }

    fn claim(self: &Arc<Self>, attempt: &Attempt, here: Box<dyn Claim>) -> Running {
        let claim = format!("{}-{}", self.node, self.held.number());
        let own = OwnClaim {
            key: key(&self.settings.prefix, &attempt.key).into(),
            value: stored::claim(attempt.content, &claim).into(),
        };
        self.held.begin(own.clone());
        Running {
            shared: self.clone(),
            own,
            content: attempt.content,
            here: Some(here),
        }
    }

    /// Puts an answer or a claim into Redis, unless that has become unnecessary.
    async fn see_to(&self, due: Due) {
        if !self.held.has(&due.claim) {
            return;
        }
        let is_answer = due.value != due.claim.value;
        match self.put(&due).await {
            Ok(true) if is_answer => self.held.end(&due.claim),
            // What Redis has not taken is tried again.
            Ok(true) | Err(Forgetful) => {}
            Ok(false) => {
                self.held.end(&due.claim);
                if is_answer {
                    observe::request_doubled();
                    tracing::error!(
                        "a request ran on another node too: Redis did not answer, or this node did not run, for longer than its claim lives"
                    );
                }
            }
        }
    }
}

/// Prolongs claims and tells Redis of answers, as long as there is somebody whose they are.
async fn see_to_it(shared: Weak<Shared>) {
    loop {
        sleep(SEE_TO_IT).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let due = stream::iter(shared.held.due());
        due.for_each_concurrent(AT_ONCE, |due| shared.see_to(due))
            .await;
    }
}

/// A request that this node runs.
struct Running {
    shared: Arc<Shared>,
    own: OwnClaim,
    content: Content,
    /// There until it ends.
    here: Option<Box<dyn Claim>>,
}

impl Running {
    /// Gives back the claim of this node's memory: Redis knows the request already.
    fn give_way(mut self) -> Option<Box<dyn Claim>> {
        self.shared.held.end(&self.own);
        self.here.take()
    }

    /// Where it came to nothing, a repeat anywhere may run: from the end of this task on.
    fn release(&mut self) -> Option<JoinHandle<()>> {
        let here = self.here.take()?;
        self.shared.held.end(&self.own);
        let (shared, own) = (self.shared.clone(), self.own.clone());
        Some(self.shared.runtime.spawn(async move {
            // Where that fails the claim ends with its lease.
            let _ = shared.release(&own).await;
            drop(here);
        }))
    }
}

impl Claim for Running {
    fn remember(mut self: Box<Self>, answer: Arc<Answer>) -> BoxFuture<'static, ()> {
        let here = self.here.take();
        let kept = stored::answer(self.content, &answer).map(Arc::<str>::from);
        let (shared, own) = (self.shared.clone(), self.own.clone());
        async move {
            if let Some(here) = here {
                here.remember(answer).await;
            }
            let Some(value) = kept else {
                return shared.held.end(&own);
            };
            if shared.held.answer(&own, value.clone()).is_err() {
                observe::answer_forgotten();
                return;
            }
            shared
                .see_to(Due {
                    claim: own,
                    value,
                    life: shared.settings.bounds.window,
                })
                .await;
        }
        .boxed()
    }

    fn give_up(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        let released = self.release();
        async move {
            if let Some(released) = released {
                let _ = released.await;
            }
        }
        .boxed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.release());
    }
}

/// Hashed, so that no name of a user can look like that of another one with a part of an id.
fn key(prefix: &str, key: &RequestKey) -> String {
    let (kind, sender) = match &key.sender {
        RequestSender::User(user) => ("user", user),
        RequestSender::Connection(connection) => ("connection", connection),
    };
    let mut hash = Sha256::new();
    for part in [kind, &**sender, &*key.route, key.id.as_str()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    format!("{prefix}request:{}", super::hex(&hash.finalize().into()))
}

fn milliseconds(duration: Duration) -> u64 {
    // Redis takes no life of zero.
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

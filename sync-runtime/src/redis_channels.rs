//! Redis's channels as one node hears them: a subscription that comes back by itself.
//!
//! What is published goes through the same connection (RESP3): who hears its own channel gets that and the
//! answer in one packet.
//!
//! Redis forgets what it published. So whenever the subscription was away for a moment, those who
//! hear are told that anything may have been missed, as soon as it stands again.

mod ear;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    error::Error,
    sync::Arc,
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{self, BoxFuture},
    stream::BoxStream,
};
use parking_lot::Mutex;
use redis::{AsyncConnectionConfig, Client, RedisResult, Value, aio::MultiplexedConnection};
use tokio::{
    sync::{Notify, oneshot, watch},
    time::{sleep, timeout},
};

use self::ear::{Ear, Queue};

/// How long to wait before another attempt to subscribe.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// How long nothing may be heard before Redis is asked whether it is still there. A connection can
/// be dead without either end knowing.
const SILENCE: Duration = Duration::from_secs(10);

/// How many channels one command names at the most.
const AT_ONCE: usize = 1_000;

type Gone = Box<dyn Error + Send + Sync>;

/// What is heard of the channels that are subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    Message {
        channel: String,
        payload: Vec<u8>,
    },
    /// Anything may have been missed, of all channels; from here on nothing is.
    Interrupted,
}

/// What a subscription is allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How long Redis may take to answer.
    pub(crate) timeout: Duration,
    /// How many bytes of messages may wait for whoever hears them. Further ones are missed, and
    /// [`Heard::Interrupted`] says so.
    pub(crate) waiting_bytes: usize,
}

/// The channels that a node listens to, all through one connection.
#[derive(Clone)]
pub(crate) struct Channels {
    client: Client,
    bounds: Bounds,
    shared: Arc<Shared>,
}

impl Channels {
    /// Nothing is heard, and nothing confirmed, before [`hear`](Self::hear) is called.
    pub(crate) fn new(client: Client, bounds: Bounds) -> Self {
        Self {
            client,
            bounds,
            shared: Arc::default(),
        }
    }

    /// Subscribes to a channel, at once and again whenever Redis was away. When Redis has confirmed
    /// it, what is published from then on is heard: `true`. When Redis is away it follows, and
    /// [`Heard::Interrupted`] is heard then: `false`. Who does not wait for either need not.
    pub(crate) fn subscribe(&self, channel: &str) -> BoxFuture<'static, bool> {
        let mut wanted = self.shared.wanted.lock();
        if !wanted.channels.contains_key(channel) {
            wanted
                .channels
                .insert(channel.into(), Subscription::default());
            wanted.changed.insert(channel.into());
            self.shared.has_changed.notify_one();
        }
        wanted.confirmation(channel)
    }

    /// The same confirmation, of a channel that somebody has subscribed to.
    pub(crate) fn confirmed(&self, channel: &str) -> BoxFuture<'static, bool> {
        self.shared.wanted.lock().confirmation(channel)
    }

    /// Gives up a channel. What was on its way may still be heard.
    pub(crate) fn unsubscribe(&self, channel: &str) {
        let mut wanted = self.shared.wanted.lock();
        if wanted.channels.remove(channel).is_some() {
            wanted.changed.insert(channel.into());
            self.shared.has_changed.notify_one();
        }
    }

    /// Whether Redis did not answer when it was last asked.
    pub(crate) fn are_away(&self) -> bool {
        self.shared.wanted.lock().is_away
    }

    /// The connection that hears them, to say something by: as soon as there is one, unless Redis cannot be reached.
    pub(crate) async fn connection(&self) -> Option<MultiplexedConnection> {
        let mut voice = self.shared.voice.subscribe();
        let is_known = |voice: &Voice| !matches!(voice, Voice::Connecting);
        match &*voice.wait_for(is_known).await.ok()? {
            Voice::Connected(connection) => Some(connection.clone()),
            Voice::Connecting | Voice::Unreachable => None,
        }
    }

    /// What is heard from now on, whatever happens to the connection. To be called once; it ends
    /// when the stream is dropped.
    pub(crate) fn hear(&self) -> BoxStream<'static, Heard> {
        let (queue, heard) = ear::queue(self.bounds.waiting_bytes);
        tokio::spawn(self.clone().run(queue));
        heard
    }
}

#[derive(Default)]
struct Shared {
    wanted: Mutex<Wanted>,
    has_changed: Notify,
    voice: watch::Sender<Voice>,
}

/// What can be said something by.
#[derive(Default)]
enum Voice {
    #[default]
    Connecting,
    Connected(MultiplexedConnection),
    /// The last attempt to connect has failed.
    Unreachable,
}

#[derive(Default)]
struct Wanted {
    channels: HashMap<Arc<str>, Subscription>,
    /// Those that came or went and that Redis has yet to be told of.
    changed: HashSet<Arc<str>>,
    /// Whether something has been missed, and nobody has been told so yet.
    is_away: bool,
}

#[derive(Default)]
struct Subscription {
    stands: bool,
    waiting: Vec<oneshot::Sender<bool>>,
}

impl Wanted {
    fn confirmation(&mut self, channel: &str) -> BoxFuture<'static, bool> {
        let Some(subscription) = self.channels.get_mut(channel) else {
            // Who waits for it has given it up.
            return future::ready(true).boxed();
        };
        if subscription.stands || self.is_away {
            return future::ready(subscription.stands).boxed();
        }
        let (confirm, confirmed) = oneshot::channel();
        // Those who have given up need not be kept.
        subscription.waiting.retain(|waiting| !waiting.is_closed());
        subscription.waiting.push(confirm);
        confirmed.map(|confirmed| confirmed.unwrap_or(true)).boxed()
    }
}

impl Shared {
    /// Notes that Redis knows of none of the channels, and that nothing is heard.
    fn lose(&self) {
        let mut wanted = self.wanted.lock();
        let Wanted {
            channels,
            changed,
            is_away,
        } = &mut *wanted;
        *is_away = true;
        *changed = channels.keys().cloned().collect();
        for subscription in channels.values_mut() {
            subscription.settle(false);
        }
    }

    /// Notes that all is heard again, unless something has changed meanwhile.
    fn begin(&self, ear: &Ear) -> bool {
        let mut wanted = self.wanted.lock();
        if !wanted.changed.is_empty() {
            return false;
        }
        if std::mem::take(&mut wanted.is_away) {
            ear.interrupt();
        }
        true
    }

    /// What Redis is to be told next: channels to subscribe to, and others to give up.
    fn changes(&self, standing: &HashSet<Arc<str>>) -> (Vec<Arc<str>>, Vec<Arc<str>>) {
        let mut wanted = self.wanted.lock();
        let Wanted {
            channels, changed, ..
        } = &mut *wanted;
        let (mut to_add, mut to_remove) = (Vec::new(), Vec::new());
        let some: Vec<_> = changed.iter().take(AT_ONCE).cloned().collect();
        for channel in some {
            changed.remove(&channel);
            match (channels.get_mut(&channel), standing.contains(&channel)) {
                (Some(_), false) => to_add.push(channel),
                (None, true) => to_remove.push(channel),
                // It went and came back before Redis heard of it.
                (Some(subscription), true) => subscription.settle(true),
                (None, false) => {}
            }
        }
        (to_add, to_remove)
    }

    fn confirm(&self, added: &[Arc<str>]) {
        let mut wanted = self.wanted.lock();
        for channel in added {
            if let Some(subscription) = wanted.channels.get_mut(channel) {
                subscription.settle(true);
            }
        }
    }
}

impl Subscription {
    fn settle(&mut self, stands: bool) {
        self.stands = stands;
        for waiting in self.waiting.drain(..) {
            let _ = waiting.send(stands);
        }
    }
}

impl Channels {
    /// Hears as long as somebody listens.
    async fn run(self, queue: Queue) {
        tokio::select! {
            () = queue.is_left() => {}
            () = self.listen(&queue) => {}
        }
        self.shared.voice.send_replace(Voice::Unreachable);
    }

    async fn listen(&self, queue: &Queue) {
        loop {
            match self.connect(queue).await {
                Ok(connected) => {
                    let error = connected.stay(self).await;
                    tracing::warn!(%error, "Redis's channels are not heard; trying again");
                    self.shared.voice.send_replace(Voice::Connecting);
                    self.shared.lose();
                }
                Err(error) => {
                    if !self.are_away() {
                        tracing::warn!(%error, "Redis's channels cannot be subscribed to; trying again");
                    }
                    self.shared.voice.send_replace(Voice::Unreachable);
                    self.shared.lose();
                    sleep(TRY_AGAIN).await;
                }
            }
        }
    }

    /// Connects, and subscribes to all that is wanted.
    async fn connect(&self, queue: &Queue) -> Result<Connected, Gone> {
        let ear = Arc::new(Ear::new(queue.clone(), self.are_away()));
        let hears = ear.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.bounds.timeout))
            .set_response_timeout(None)
            .set_push_sender(move |push| {
                hears.push(push);
                Ok::<_, Infallible>(())
            });
        let client = &self.client;
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let mut connected = Connected {
            connection: within(self.bounds.timeout, connecting).await?,
            ear,
            standing: HashSet::new(),
        };
        loop {
            connected.tell(self).await?;
            if self.shared.begin(&connected.ear) {
                let voice = Voice::Connected(connected.connection.clone());
                self.shared.voice.send_replace(voice);
                return Ok(connected);
            }
        }
    }
}

struct Connected {
    connection: MultiplexedConnection,
    ear: Arc<Ear>,
    /// What Redis has been told to send.
    standing: HashSet<Arc<str>>,
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.ear.close();
    }
}

impl Connected {
    /// Hears messages and tells Redis of changes until the connection is gone, and says why it is.
    async fn stay(mut self, channels: &Channels) -> Gone {
        let ear = self.ear.clone();
        let mut asking = self.connection.clone();
        let watch = async {
            while timeout(SILENCE, ear.gone()).await.is_err() {
                if ear.has_heard() {
                    continue;
                }
                let ping = redis::cmd("PING");
                let answer = ping.query_async::<Value>(&mut asking);
                if let Err(error) = within(channels.bounds.timeout, answer).await {
                    return error;
                }
            }
            Gone::from("the connection was closed")
        };
        let keep = async {
            loop {
                channels.shared.has_changed.notified().await;
                if let Err(error) = self.tell(channels).await {
                    return error;
                }
            }
        };
        tokio::select! {
            error = watch => error,
            error = keep => error,
        }
    }

    /// Tells Redis of all changes.
    async fn tell(&mut self, channels: &Channels) -> Result<(), Gone> {
        let patience = channels.bounds.timeout;
        let Self {
            connection,
            standing,
            ..
        } = self;
        loop {
            let (to_add, to_remove) = channels.shared.changes(standing);
            if to_add.is_empty() && to_remove.is_empty() {
                if channels.shared.wanted.lock().changed.is_empty() {
                    return Ok(());
                }
                continue;
            }
            if !to_remove.is_empty() {
                within(patience, connection.unsubscribe(names(&to_remove))).await?;
                for channel in &to_remove {
                    standing.remove(channel);
                }
            }
            if !to_add.is_empty() {
                within(patience, connection.subscribe(names(&to_add))).await?;
                channels.shared.confirm(&to_add);
                standing.extend(to_add);
            }
        }
    }
}

fn names(channels: &[Arc<str>]) -> Vec<&str> {
    channels.iter().map(|channel| &**channel).collect()
}

async fn within<T>(
    patience: Duration,
    command: impl Future<Output = RedisResult<T>>,
) -> Result<T, Gone> {
    Ok(timeout(patience, command).await??)
}

//! All that a server file can send while it runs.

use sync_runtime::prelude::*;

use crate::app::User;

#[derive(Serialize, TS)]
pub struct Progress {
    done: u32,
}

#[sync_handler(auth = login, on_disconnect = finish, replay)]
pub async fn main(
    user: Session<User>,
    progress: Stream<Progress>,
    said: Broadcast<Chunk>,
    watchers: StreamTo<Progress>,
    pressure: FlushPressure,
    cancel: Cancel,
) {
    progress.send(&Progress { done: 1 });
    StreamThrottle::new(said).push("half");
    let watcher = user.id.as_str();
    watchers.users([watcher]).send(&Progress { done: 2 });
    watchers.sessions([user.key()]).send(&Progress { done: 2 });
    pressure.wait().await;
    assert!(!cancel.is_cancelled());
}

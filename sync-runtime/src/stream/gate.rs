//! Whether a request's streams may still send.

use std::{
    any::type_name,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::RwLock;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::{Outlet, StreamPayload};
use crate::hooks::StreamAudience;

/// Open from the beginning of a handler until it is over, whatever way it ends: nothing of a request
/// that was cancelled is sent once the gate is closed, not even by a task that its handler began.
pub(crate) struct Gate {
    /// Held while a payload is sent, so that [`close`](Self::close) waits for it.
    open: RwLock<bool>,
    broken: OnceLock<String>,
    notes: Option<mpsc::Sender<Note>>,
}

/// What is noted of a payload for the hooks of streams.
pub(crate) struct Note {
    pub(crate) audience: StreamAudience,
    pub(crate) index: u64,
    pub(crate) payload: Arc<RawValue>,
    pub(crate) passed: Passed,
}

/// Which side of its sending a payload is on.
pub(crate) enum Passed {
    Before,
    After { recipients: usize },
}

impl Gate {
    /// `notes` hears of every payload, as far as there is room for it.
    pub(crate) fn new(notes: Option<mpsc::Sender<Note>>) -> Self {
        Self {
            open: RwLock::new(true),
            broken: OnceLock::new(),
            notes,
        }
    }

    /// Lets nothing through any more. What is being sent has been when this returns.
    pub(crate) fn close(&self) {
        *self.open.write() = false;
    }

    /// What was wrong with a payload, if one could not be sent.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }

    /// Encodes a payload and sends it, if the gate is open.
    pub(super) fn send<P: StreamPayload>(&self, lane: &Lane, payload: &P) {
        let open = self.open.read();
        if !*open {
            return;
        }
        let problem = match payload.encode() {
            Ok(json) if json.get().starts_with('{') => return self.pass(lane, json),
            Ok(_) => "is not a JSON object".to_owned(),
            Err(error) => format!("cannot be encoded: {error}"),
        };
        let name = type_name::<P>();
        let _ = self
            .broken
            .set(format!("the stream payload `{name}` {problem}"));
    }

    fn pass(&self, lane: &Lane, json: Box<RawValue>) {
        let Some(notes) = &self.notes else {
            lane.outlet.send(&json);
            return;
        };
        let index = lane.sent.fetch_add(1, Ordering::Relaxed);
        let payload: Arc<RawValue> = json.into();
        let note = |passed| {
            let note = Note {
                audience: lane.audience,
                index,
                payload: payload.clone(),
                passed,
            };
            if notes.try_send(note).is_err() {
                crate::observe::stream_hook_missed();
            }
        };
        note(Passed::Before);
        let recipients = lane.outlet.send(&payload);
        note(Passed::After { recipients });
    }
}

/// One stream's way out.
pub(super) struct Lane {
    outlet: Arc<dyn Outlet>,
    audience: StreamAudience,
    sent: AtomicU64,
}

impl Lane {
    pub(super) fn new(outlet: Arc<dyn Outlet>, audience: StreamAudience) -> Self {
        Self {
            outlet,
            audience,
            sent: AtomicU64::new(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use parking_lot::Mutex;
    use serde::Serialize;
    use ts_rs::TS;

    use super::*;

    #[derive(Default)]
    struct Seen(Mutex<Vec<String>>);

    impl Outlet for Seen {
        fn send(&self, payload: &RawValue) -> usize {
            self.0.lock().push(payload.get().to_owned());
            1
        }

        fn drained(&self, _: usize) -> BoxFuture<'_, ()> {
            Box::pin(std::future::ready(()))
        }
    }

    #[derive(Serialize, TS)]
    struct Step {
        step: u32,
    }

    fn lane() -> (Arc<Seen>, Lane) {
        let seen = Arc::new(Seen::default());
        (seen.clone(), Lane::new(seen, StreamAudience::Room))
    }

    #[test]
    fn nothing_passes_a_closed_gate() {
        let (seen, lane) = lane();
        let gate = Gate::new(None);
        gate.send(&lane, &Step { step: 1 });
        gate.close();
        gate.send(&lane, &Step { step: 2 });
        assert_eq!(*seen.0.lock(), [r#"{"step":1}"#]);
    }

    #[test]
    fn a_payload_that_is_no_object_is_kept_back_and_noted() {
        let (seen, lane) = lane();
        let gate = Gate::new(None);
        gate.send(&lane, &"text".to_owned());
        assert!(seen.0.lock().is_empty());
        assert_eq!(
            gate.broken(),
            Some("the stream payload `alloc::string::String` is not a JSON object")
        );
    }

    #[tokio::test]
    async fn the_hooks_hear_of_each_payload_before_and_after_and_are_not_waited_for() {
        let (seen, lane) = lane();
        let (notes, mut heard) = mpsc::channel(2);
        let gate = Gate::new(Some(notes));
        for step in 0..3 {
            gate.send(&lane, &Step { step });
        }
        assert_eq!(seen.0.lock().len(), 3);
        let before = heard.recv().await.expect("a note");
        assert!(matches!(before.passed, Passed::Before));
        assert_eq!((before.index, before.payload.get()), (0, r#"{"step":0}"#));
        let after = heard.recv().await.expect("a note");
        assert!(matches!(after.passed, Passed::After { recipients: 1 }));
        assert!(heard.try_recv().is_err());
    }
}

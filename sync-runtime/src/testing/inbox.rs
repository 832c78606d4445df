//! What a client has heard and its test has not asked for yet.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;

use super::error::told;

/// How many events wait for their test. Beyond them the connection ends: a test that never asks would
/// otherwise keep all there is.
const MAX_UNHEARD: usize = 10_000;

/// The events of one client, in the order in which they came.
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    /// Why there will be no more of them.
    end: Option<String>,
}

pub(super) struct Event {
    pub(super) name: String,
    pub(super) payload: Value,
}

/// The connection is closed, and why.
pub(super) struct Ended(pub(super) String);

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// Adds an event; `false` when there will be no more.
    pub(super) fn add(&self, event: Event) -> bool {
        let mut state = self.state.lock();
        if state.events.len() >= MAX_UNHEARD {
            drop(state);
            self.end(format!(
                "it heard {MAX_UNHEARD} events that no test asked for"
            ));
            return false;
        }
        state.events.push_back(event);
        drop(state);
        self.changed.send_replace(());
        true
    }

    /// Says that there will be no more, unless that was said.
    pub(super) fn end(&self, why: impl Into<String>) {
        self.state.lock().end.get_or_insert_with(|| why.into());
        self.changed.send_replace(());
    }

    /// Waits until something can be taken.
    pub(super) async fn take<T>(
        &self,
        mut take: impl FnMut(&mut VecDeque<Event>) -> Option<T>,
    ) -> Result<T, Ended> {
        // Before it is looked for, so that no change is missed.
        let mut changes = self.changed.subscribe();
        loop {
            {
                let mut state = self.state.lock();
                if let Some(taken) = take(&mut state.events) {
                    return Ok(taken);
                }
                if let Some(why) = &state.end {
                    return Err(Ended(why.clone()));
                }
            }
            // The sender is this inbox, and there.
            let _ = changes.changed().await;
        }
    }

    /// Forgets events.
    pub(super) fn forget(&self, is_over: impl Fn(&Event) -> bool) {
        self.state.lock().events.retain(|event| !is_over(event));
    }

    /// What has been heard of events of a name, for people; nothing if there is none.
    pub(super) fn told_of(&self, name: &str) -> Option<String> {
        let state = self.state.lock();
        let events = state.events.iter().filter(|event| event.name == name);
        let events: Vec<_> = events.map(Event::named).collect();
        (!events.is_empty()).then(|| told(events.into_iter()))
    }

    /// All that has been heard, for people.
    pub(super) fn told(&self) -> String {
        let state = self.state.lock();
        let events: Vec<_> = state.events.iter().map(Event::named).collect();
        told(events.into_iter())
    }
}

impl Event {
    /// What is told of it: of a delivery its route, which says more than the name of the event.
    fn named(&self) -> (&str, &Value) {
        let route = self.payload["fullName"].as_str();
        (route.unwrap_or(&self.name), &self.payload)
    }
}

/// The first event that is wanted, out of all of them.
pub(super) fn first(
    events: &mut VecDeque<Event>,
    is_wanted: impl Fn(&Event) -> bool,
) -> Option<Value> {
    let place = events.iter().position(is_wanted)?;
    events.remove(place).map(|event| event.payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: usize) -> Event {
        let name = format!("event {number}");
        let payload = "x".repeat(number).into();
        Event { name, payload }
    }

    #[tokio::test]
    async fn a_test_that_never_asks_loses_its_connection_and_nothing_of_what_came_before() {
        let inbox = Inbox::new();
        assert!((0..MAX_UNHEARD).all(|_| inbox.add(event(1))));
        assert!(!inbox.add(event(1)));
        for _ in 0..MAX_UNHEARD {
            assert!(inbox.take(|events| first(events, |_| true)).await.is_ok());
        }
        let end = inbox.take(|events| first(events, |_| true)).await;
        assert!(end.is_err_and(|Ended(why)| why.contains("no test asked for")));
    }

    #[test]
    fn an_error_tells_of_some_of_what_came_and_of_some_of_each() {
        let inbox = Inbox::new();
        assert_eq!(inbox.told(), "it heard nothing");
        assert!((0..12).all(|number| inbox.add(event(number * 100))));
        let told = inbox.told();
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines[0], "it heard instead:");
        assert_eq!(lines[2], format!("  event 100 \"{}\"", "x".repeat(100)));
        assert_eq!(lines[5], format!("  event 400 \"{}...", "x".repeat(299)));
        assert_eq!((lines.len(), lines[11]), (12, "  and 2 more"));
        assert!(inbox.told_of("event 300").is_some());
        assert!(inbox.told_of("sync").is_none());
    }
}

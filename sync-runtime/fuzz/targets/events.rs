//! Events and bodies of requests: whatever comes is read or refused, and what is read is what the JSON says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sync_runtime::{MAX_ROOM_BYTES, fuzzing};

fuzz_target!(|json: &str| {
    let read = fuzzing::event(json);

    // The event is answered on a number of the client's, or on `sync` itself.
    let index = read.answered_on.strip_prefix("sync-");
    assert!(index.map_or(read.answered_on == "sync", |index| {
        index.parse::<i64>().is_ok()
    }));
    if let Some(room) = &read.room {
        assert!((1..=MAX_ROOM_BYTES).contains(&room.len()));
    }

    // serde_json's values have a limit of depth, and strings that are all Unicode, which raw JSON has not.
    let Ok(payload) = serde_json::from_str::<Value>(&read.payload) else {
        return;
    };
    if let Some((name, receiver)) = read.request {
        assert!(index.is_some());
        assert!(payload["data"].is_object());
        assert_eq!(payload["name"], name);
        assert_eq!(payload["receiver"].as_str().unwrap_or_default(), receiver);
        let path = name.trim_start_matches('/');
        assert_eq!(
            fuzzing::is_request(path, &read.payload),
            is_route_name(path)
        );
    }
    if let Some(room) = read.room {
        assert_eq!(payload["group"], room);
    }
    if let Some(id) = read.cancel_id {
        assert_eq!(payload["cb"], id);
    }
});

/// A second opinion: `sync/<page>/<route>/v<N>`.
fn is_route_name(name: &str) -> bool {
    let segments: Vec<&str> = name.split('/').collect();
    let ["sync", names @ .., version] = &segments[..] else {
        return false;
    };
    let is_name = |name: &&str| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    let number = version
        .strip_prefix('v')
        .and_then(|digits| digits.parse::<u32>().ok());
    name.len() <= 256
        && names.len() >= 2
        && names.iter().all(is_name)
        && number.is_some_and(|number| number > 0 && *version == format!("v{number}"))
}

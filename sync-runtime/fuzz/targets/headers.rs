//! The headers that say whose a request is and where it comes from: nobody is let in by accident.
#![no_main]

use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use sync_runtime::fuzzing;

/// The headers that are read, each from a line of the input.
const NAMES: [&str; 5] = [
    "cookie",
    "authorization",
    "origin",
    "host",
    "x-forwarded-for",
];

fuzz_target!(|bytes: &[u8]| {
    let mut request = Request::new(());
    let lines = bytes.split(|byte| *byte == b'\n');
    for (name, line) in NAMES.iter().cycle().zip(lines) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            request.headers_mut().append(*name, value);
        }
    }
    let has_origin = request.headers().contains_key("origin");
    let has_host = request.headers().contains_key("host");
    let read = fuzzing::headers(request.into_parts().0);
    assert!(!read.has_session);
    assert!(read.has_address);
    assert!(read.is_allowed || has_origin);
    assert!(!read.is_allowed || !has_origin || has_host);
});

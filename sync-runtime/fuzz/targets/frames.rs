//! The frames of a web socket: what is a message and what is payload does not depend on how the bytes
//! are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sync_runtime::fuzzing::follow;

/// The header of a masked, final frame; its length is in the second byte.
const HEADER: [u8; 6] = [0x82, 0x80, 1, 2, 3, 4];

fuzz_target!(|bytes: &[u8]| {
    let Some((&number, bytes)) = bytes.split_first() else {
        return;
    };
    let followed = follow([bytes]);
    assert_eq!(follow(bytes.chunks(usize::from(number).max(1))), followed);
    assert!(followed.payload <= bytes.len());
    assert!(followed.begun - followed.ended <= 1);

    // A message more ends where it ends, and not before.
    let length = number.min(125);
    let mut message = HEADER.to_vec();
    message[1] |= length;
    message.extend(std::iter::repeat_n(number, length.into()));
    if followed.is_between_messages {
        let whole = follow([bytes, &message]);
        assert!(whole.is_between_messages);
        assert_eq!(whole.payload, followed.payload + usize::from(length));
        let part = follow([bytes, &message[..message.len() - 1]]);
        assert!(!part.is_between_messages);
    }
});

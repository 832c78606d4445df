//! The scripts that Redis runs: each is one atomic change.
//!
//! They name keys that they only learn of while they run, those of a user's sessions, which Redis
//! allows but Redis Cluster does not.

use redis::Script;

macro_rules! scripts {
    ($($name:ident)*) => {
        pub(super) struct Scripts {
            $(pub(super) $name: Script,)*
        }

        impl Default for Scripts {
            fn default() -> Self {
                Self {
                    $($name: Script::new(include_str!(concat!("scripts/", stringify!($name), ".lua"))),)*
                }
            }
        }
    };
}

scripts!(insert find refresh remove remove_user of_user join leave);

//! The two halves of a route.

use std::fmt;

/// Which half of a route a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Runs once per request.
    Server,
    /// Runs once per recipient.
    Client,
}

impl Side {
    /// `server` or `client`, as in a file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! Who sent what is delivered later than its request, or elsewhere.

use socketioxide::socket::Sid;

use crate::{cluster::SaidFrom, session::SessionKey};

/// Who sent something.
pub(crate) struct Sender {
    pub(crate) connection: Option<Sid>,
    pub(crate) session: Option<SessionKey>,
    /// Whether its session is not to hear it.
    pub(crate) ignore_self: bool,
}

impl Sender {
    /// The app itself has sent it.
    pub(crate) const NOBODY: Self = Self {
        connection: None,
        session: None,
        ignore_self: false,
    };

    /// The session whose connections do not hear it.
    pub(crate) fn except(&self) -> Option<&SessionKey> {
        self.session.as_ref().filter(|_| self.ignore_self)
    }

    /// As other nodes are told.
    pub(crate) fn said(&self) -> SaidFrom<'_> {
        SaidFrom::new(self.connection, self.session.as_ref())
    }
}
